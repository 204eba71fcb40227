"""`pishkhan vault` and `pishkhan citizen`: the key is made, backed up, exchanged and missed; a citizen is forgotten."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from connectors.vault.keys import read_keys
from connectors.words.language import Language
from deploy.cli import build
from deploy.exits import ExitCode
from deploy.operations.vault import vault_of
from deploy.problem import Problem
from deploy.running.preparation import prepare_key
from deploy.settings import Settings, load_settings
from deploy.use_cases import opened
from producers.access.audit import AuditFilter
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.persons import national_id, person

pytestmark = pytest.mark.integration

SOURCE = "/agencies/gas"
REQUEST = UUID(int=7)
FIELDS = {"name": "Sara"}
Invoke = Callable[..., Result]


@pytest.fixture
def settings(migrated_database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """A bus with a vault, for whose tables any database will do."""
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", migrated_database.worker_url)
    monkeypatch.setenv("PISHKHAN_VAULT_URL", migrated_database.owner_url)
    monkeypatch.setenv("PISHKHAN_DATA_DIRECTORY", str(tmp_path))
    settings = load_settings(None)
    assert [*prepare_key(settings)] == []
    assert [*prepare_key(settings)] == [], "a second start changes nothing"
    return settings


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(build(arguments[0]), list(arguments), input=typed, catch_exceptions=False)


def acts() -> list[tuple[str, str, str]]:
    with opened(None) as view:
        return [(line.act, line.about, line.outcome) for line in view.audit.page(AuditFilter(), 9)]


def test_a_key_is_backed_up_once_to_each_file(settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "safe" / "key.json"
    assert "Key 1 is in" in run("vault", "key", "backup", str(target)).output
    assert target.read_bytes() == settings.vault_key_path.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Problem, match="written over nothing"):
        run("vault", "key", "backup", str(target))
    with pytest.raises(Problem, match="What a vault has is its key"):
        run("vault", "door", "rotate")
    assert [outcome for _, _, outcome in acts()] == ["failed", "begun", "done", "begun"]


def test_what_was_sealed_opens_after_the_key_was_exchanged_and_an_old_backup_opens_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    vault = vault_of(settings)
    sealed = vault.seal(REQUEST, SOURCE, person(1), FIELDS)
    run("vault", "key", "backup", str(tmp_path / "old.json"))
    assert "Key 2 is in use, and wraps the keys of 1 persons" in run("vault", "key", "rotate").output
    assert vault.fields(REQUEST, SOURCE) == FIELDS
    assert vault.seal(REQUEST, SOURCE, person(1), FIELDS) == sealed
    assert {*read_keys(settings.vault_key_path).wrapping} == {2}
    settings.vault_key_path.write_bytes((tmp_path / "old.json").read_bytes())
    [told] = prepare_key(settings)
    assert "restore the backup of key 2" in told.of(Language.EN)


def test_a_lost_key_is_never_made_anew(settings: Settings) -> None:
    settings.vault_key_path.unlink()
    [told] = prepare_key(settings)
    assert "stays closed" in told.of(Language.EN)
    assert not settings.vault_key_path.exists()


@pytest.mark.parametrize("kind", ["national", "legal"])
def test_a_mistyped_number_forgets_nobody_and_is_repeated_nowhere(settings: Settings, kind: str) -> None:
    wrong = national_id(1)[:-1] + str((int(national_id(1)[-1]) + 1) % 10)
    with pytest.raises(Problem) as told:
        run("citizen", "forget", "--kind", kind, typed=f"{wrong}\n")
    assert told.value.ends is ExitCode.USAGE
    assert wrong not in str(told.value)
    assert acts() == []


def test_a_citizen_is_forgotten_for_ever(settings: Settings) -> None:
    vault = vault_of(settings)
    before = vault.seal(REQUEST, SOURCE, person(1), FIELDS)
    result = run("citizen", "forget", typed=f"{national_id(1)}\n")
    assert "Forgotten" in result.output
    assert national_id(1) not in result.output
    assert vault.fields(REQUEST, SOURCE) is None
    assert vault.seal(UUID(int=8), SOURCE, person(1), FIELDS).citizen_ref != before.citizen_ref
    with pytest.raises(Problem, match="knows nobody") as nobody:
        run("citizen", "forget", typed=f"{national_id(2)}\n")
    assert nobody.value.ends is ExitCode.REFUSED
    assert [(act, about) for act, about, _ in acts()] == [("citizen forget", "a national number")] * 4
