"""Every step of the migrations lets older builds work on, or says what it takes from them."""

from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from alembic.config import Config

from connectors.database import migrations
from connectors.database.schema.expansion import floor
from tests.kit.values.steps import taken_from_older_builds

VERSIONS = Path(migrations.__file__).parent / "versions"
#: Builds before this step did not ask whether they are too old for a database.
LAST_UNASKED = "0013"
CONFIG = Config()
CONFIG.set_main_option("script_location", "connectors.database:migrations")


def steps() -> list[ModuleType]:
    names = sorted(path.stem for path in VERSIONS.glob("*_[0-9]*.py"))
    modules = [import_module(f"{migrations.__name__}.versions.{name}") for name in names]
    return [module for module in modules if module.revision > LAST_UNASKED]


def a_step(upgrade: str) -> ModuleType:
    module = ModuleType("a_step")
    exec(f"import sqlalchemy as sa\nop = None\ndef upgrade():\n    {upgrade}\n", module.__dict__)
    return module


def test_a_step_expands_or_says_what_it_contracts() -> None:
    for step in steps():
        taken, said = taken_from_older_builds(step), getattr(step, "contracts", "")
        assert bool(taken) is bool(said), (
            f"{step.__name__} takes {taken} from older builds and says contracts = {said!r}: "
            "see docs/how-to/add-a-table.md"
        )


def test_the_floor_is_the_newest_step_that_contracts() -> None:
    contracting = [step.revision for step in steps() if hasattr(step, "contracts")]
    assert floor(CONFIG) == max(contracting, default="0001")


@pytest.mark.parametrize(
    "upgrade",
    [
        "op.create_table('note', sa.Column('id', sa.Integer, primary_key=True))",
        "op.add_column('note', sa.Column('about', sa.Text()))",
        "op.add_column('note', sa.Column('tries', sa.Integer, server_default='0', nullable=False))",
        "op.create_index('note_about', 'note', ['about'])",
        "op.execute('UPDATE note SET tries = 1')",
        "op.execute('CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM note; END $$')",
        "op.execute('REVOKE ALL ON FUNCTION f() FROM PUBLIC')",
    ],
)
def test_what_adds_takes_nothing(upgrade: str) -> None:
    assert taken_from_older_builds(a_step(upgrade)) == []


@pytest.mark.parametrize(
    ("upgrade", "said"),
    [
        ("op.drop_column('note', 'about')", "drop_column note"),
        ("op.alter_column('note', 'about', nullable=False)", "alter_column note"),
        ("op.execute('ALTER TABLE note RENAME TO remark')", "RENAME in 'ALTER TABLE note RENAME TO remark'"),
        ("op.get_bind().execute(sa.text('DELETE FROM note'))", "DELETE FROM in 'DELETE FROM note'"),
        (
            "op.add_column('note', sa.Column('who', sa.Text(), nullable=False))",
            "add_column: older builds leave note.who out, and it must have a value",
        ),
    ],
)
def test_what_takes_something_is_named(upgrade: str, said: str) -> None:
    assert taken_from_older_builds(a_step(upgrade)) == [said]


def test_the_real_operations_are_put_back() -> None:
    step = a_step("op.drop_table('note')")
    step.op = kept = SimpleNamespace()  # type: ignore[attr-defined]  # as a step imports it
    assert taken_from_older_builds(step) == ["drop_table note"]
    assert step.op is kept
