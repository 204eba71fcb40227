"""Settings: where they come from, what workers get to see, and what is said when one is missing."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from deploy.mistakes import PREFIX
from deploy.problem import Problem
from deploy.settings import SETTINGS_FILE, AccountLogin, KafkaSecurity, Settings, load_settings, remember

START = datetime(2025, 3, 1, 4, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def running(directory: Path) -> Settings:
    return Settings(
        data_directory=directory,
        kafka_bootstrap="127.0.0.1:9092",
        kafka_password=SecretStr("kafka-word"),
        database_url=SecretStr("postgresql+psycopg://worker:w@127.0.0.1/pishkhan"),
        database_owner_url=SecretStr("postgresql+psycopg://owner:o@127.0.0.1/pishkhan"),
        clock_start=START,
        clock_factor=60,
        clock_real_start=START,
    )


def test_what_a_running_instance_wrote_is_read_back_whole(tmp_path: Path) -> None:
    remember(running(tmp_path))
    assert load_settings(tmp_path) == running(tmp_path)
    assert stat.S_IMODE((tmp_path / SETTINGS_FILE).stat().st_mode) == 0o600


def test_the_environment_goes_before_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(running(tmp_path))
    monkeypatch.setenv("PISHKHAN_KAFKA_BOOTSTRAP", "broker-1:9092")
    settings = load_settings(tmp_path)
    assert settings.kafka_bootstrap == "broker-1:9092"
    assert settings.kafka_password.get_secret_value() == "kafka-word"


def test_a_worker_gets_every_setting_but_the_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = running(tmp_path).command_environment()
    assert not any("owner:o@" in value for value in environment.values())
    for name in [name for name in environment if name.startswith(PREFIX)]:
        monkeypatch.setenv(name, environment[name])
    seen_by_worker = load_settings(tmp_path / "nothing-written-here")
    expected = running(tmp_path).model_copy(
        update={"database_owner_url": SecretStr(""), "data_directory": tmp_path / "nothing-written-here"}
    )
    assert seen_by_worker == expected


OWN = AccountLogin(
    kafka_user="worker-relay",
    kafka_password=SecretStr("relay-word"),
    database_url=SecretStr("postgresql+psycopg://relay:r@127.0.0.1/pishkhan"),
)


def with_accounts(directory: Path) -> Settings:
    changes = {
        "accounts": {"relay": OWN, "requests": AccountLogin(kafka_user="worker-requests")},
        "kafka_admin_user": "bus",
        "kafka_admin_password": SecretStr("admin-word"),
        "routing_secret": SecretStr("lots"),
        "key_secret": SecretStr("hashes"),
        "vault_url": SecretStr("postgresql+psycopg://vault:v@127.0.0.1/pishkhan_vault"),
    }
    return running(directory).model_copy(update=changes)


def test_accounts_are_written_and_read_back(tmp_path: Path) -> None:
    remember(with_accounts(tmp_path))
    assert load_settings(tmp_path) == with_accounts(tmp_path)


def test_a_worker_gets_its_own_credentials_and_no_others(tmp_path: Path) -> None:
    environment = with_accounts(tmp_path).worker_environment("relay")
    assert environment["PISHKHAN_ACCOUNT"] == "relay"
    assert environment["PISHKHAN_KAFKA_USER"] == "worker-relay"
    assert environment["PISHKHAN_KAFKA_PASSWORD"] == "relay-word"
    assert environment["PISHKHAN_DATABASE_URL"] == "postgresql+psycopg://relay:r@127.0.0.1/pishkhan"
    foreign = ("admin-word", "kafka-word", "owner:o@", "worker:w@", "lots", "hashes", "vault:v@", "worker-requests")
    assert [word for word in foreign if any(word in value for value in environment.values())] == []


def test_what_an_account_lacks_is_what_all_share_and_only_requests_draws_lots(tmp_path: Path) -> None:
    settings = with_accounts(tmp_path).for_worker("requests")
    assert settings.kafka_login()["sasl_plain_username"] == "worker-requests"
    assert settings.worker_database_url() == running(tmp_path).worker_database_url()
    assert settings.routing_key() == b"lots"
    assert settings.key_secret.get_secret_value() == ""
    doors = with_accounts(tmp_path).for_worker("gateway")
    assert (doors.key_hash_secret(), doors.routing_secret.get_secret_value()) == (b"hashes", "")
    assert "vault:v@" in doors.vault_database_url()
    assert doors.vault_key_path == tmp_path / "vault" / "key.json"
    assert settings.vault_url.get_secret_value() == ""
    shared = running(tmp_path).for_worker("settlement")
    assert shared.kafka_login() == running(tmp_path).kafka_login()


def test_accounts_can_be_given_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PISHKHAN_ACCOUNTS__RELAY__KAFKA_USER", "worker-relay")
    monkeypatch.setenv("PISHKHAN_ACCOUNTS__RELAY__KAFKA_PASSWORD", "relay-word")
    monkeypatch.setenv("PISHKHAN_ACCOUNTS__RELAY__DATABASE_URL", OWN.database_url.get_secret_value())
    assert load_settings(tmp_path).accounts == {"relay": OWN}


def test_who_makes_topics_is_the_administrator_or_else_we(tmp_path: Path) -> None:
    assert with_accounts(tmp_path).kafka_admin_login()["sasl_plain_password"] == "admin-word"
    assert with_accounts(tmp_path).kafka_login()["sasl_plain_password"] == "kafka-word"
    assert running(tmp_path).kafka_admin_login() == running(tmp_path).kafka_login()


def test_a_setting_that_was_taken_out_of_the_environment_is_not_inherited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PISHKHAN_DATABASE_OWNER_URL", "postgresql+psycopg://owner:o@db/pishkhan")
    assert "PISHKHAN_DATABASE_OWNER_URL" not in running(tmp_path).command_environment()


def test_the_clock_runs_from_its_start_by_its_factor(tmp_path: Path) -> None:
    clock = running(tmp_path).clock
    assert clock.business(START + timedelta(seconds=30)) == START + timedelta(minutes=30)


def test_without_a_start_business_time_is_real_time(tmp_path: Path) -> None:
    assert Settings(data_directory=tmp_path).clock.business(START) == START


def test_a_clock_without_its_real_start_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="PISHKHAN_CLOCK_REAL_START"):
        _ = Settings(data_directory=tmp_path, clock_start=START).clock


def test_a_clock_that_stands_still_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="clock_factor"):
        Settings(data_directory=tmp_path, clock_factor=0)


def test_missing_engines_are_told_with_the_remedy(tmp_path: Path) -> None:
    nothing = Settings(data_directory=tmp_path)
    with pytest.raises(Problem, match=r"pishkhan up.*PISHKHAN_KAFKA_BOOTSTRAP"):
        nothing.kafka_login()
    with pytest.raises(Problem, match=r"pishkhan up.*PISHKHAN_DATABASE_URL"):
        nothing.worker_database_url()
    with pytest.raises(Problem, match="PISHKHAN_DATABASE_OWNER_URL"):
        nothing.owner_database_url()


def test_a_plain_broker_gets_no_credentials(tmp_path: Path) -> None:
    plain = running(tmp_path).model_copy(update={"kafka_security": KafkaSecurity.PLAINTEXT})
    assert plain.kafka_login() == {"bootstrap_servers": "127.0.0.1:9092", "security_protocol": "PLAINTEXT"}


def test_an_encrypted_broker_gets_credentials_and_the_certificates(tmp_path: Path) -> None:
    changes = {"kafka_security": KafkaSecurity.SASL_SSL, "kafka_ca_file": tmp_path / "ca.pem"}
    login = running(tmp_path).model_copy(update=changes).kafka_login()
    assert login["security_protocol"] == "SASL_SSL"
    assert login["sasl_plain_password"] == "kafka-word"
    assert login["ssl_cafile"] == str(tmp_path / "ca.pem")


def test_secrets_do_not_show_in_a_printed_setting(tmp_path: Path) -> None:
    shown = repr(running(tmp_path))
    assert "kafka-word" not in shown
    assert "worker:w@" not in shown


def test_a_failpoint_that_is_none_is_refused_where_it_is_set(tmp_path: Path) -> None:
    assert Settings(data_directory=tmp_path, failpoint="inside_copy:stop:2").failpoint == "inside_copy:stop:2"
    with pytest.raises(ValueError, match="failpoint"):
        Settings(data_directory=tmp_path, failpoint="somewhere:kill:1")
