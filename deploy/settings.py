"""Every setting, from the environment (prefix `PISHKHAN_`) or from what `pishkhan up` wrote into its data directory.

An `up` run hands its settings to its workers through the environment; a real deployment sets the same variables itself.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors.clock import ScaledClock
from connectors.failpoints import Armed
from connectors.telemetry.log_files import LogFile
from connectors.words import settings as words
from deploy.engines.kept import write_private
from deploy.mistakes import PREFIX, check_brokers, check_database, read_stored, refuse_unknown, told
from deploy.problem import Misused, Problem

SETTINGS_FILE = "settings.json"
# Only migrations and the preparation of topics and users use them; a worker never sees them.
OWNER_ONLY = frozenset({"database_owner_url", "kafka_admin_user", "kafka_admin_password", "accounts"})
# Business time lies in these years.
OLDEST_YEAR, NEWEST_YEAR = 2000, 2199
# The one worker that draws lots, and the one that looks at keys.
ROUTING_WORKER = "requests"
KEY_WORKER = "gateway"
# Behind the workers' ports of metrics.
HTTP_OFFSET = 10


class KafkaSecurity(StrEnum):
    """How clients speak to the broker; the embedded one is SASL_PLAINTEXT on loopback."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class KafkaMechanism(StrEnum):
    """How a user shows the broker who it is, of what both of our clients know and a password is enough for."""

    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"
    PLAIN = "PLAIN"


class LogLevel(StrEnum):
    """What a log takes in: this level and those after it."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


def default_data_directory() -> Path:
    """Per-user data folder, by the XDG convention."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "pishkhan"


class AccountLogin(BaseModel):
    """Credentials of one account, by `connectors/accounts.py`; what is empty is that of all."""

    model_config = ConfigDict(frozen=True)

    kafka_user: str = ""
    kafka_password: SecretStr = SecretStr("")
    database_url: SecretStr = SecretStr("")

    def values(self) -> dict[str, str]:
        """Every value that is given, as text, secrets in clear."""
        texts = {
            "kafka_user": self.kafka_user,
            "kafka_password": self.kafka_password.get_secret_value(),
            "database_url": self.database_url.get_secret_value(),
        }
        return {name: text for name, text in texts.items() if text}


class Settings(BaseSettings):
    """All settings; each can be given as an environment variable, such as PISHKHAN_LOG_LEVEL."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore")

    data_directory: Path = Field(default_factory=default_data_directory)
    """Engines' data, logs of workers, secrets; kept between runs."""

    kafka_bootstrap: str = ""
    """`host:port`, several separated by commas."""
    kafka_user: str = "bus"
    """Who we are to the broker: commands, and workers that were given no account of their own."""
    kafka_password: SecretStr = SecretStr("")
    kafka_admin_user: str = ""
    """Who makes topics, users and rules; none: `kafka_user` does."""
    kafka_admin_password: SecretStr = SecretStr("")
    kafka_security: KafkaSecurity = KafkaSecurity.SASL_PLAINTEXT
    kafka_mechanism: KafkaMechanism = KafkaMechanism.SCRAM_SHA_256
    kafka_replicas: int = Field(default=1, ge=1, le=7)
    """Replicas of every topic that is made: 1 on the embedded broker, 3 on a cluster that must survive a broker."""
    kafka_ca_file: Path | None = None
    """Certificates that the broker's own is checked against, for the two SSL forms."""

    database_url: SecretStr = SecretStr("")
    """SQLAlchemy URL of the role of commands, and of workers without an account of their own: it owns nothing."""
    database_owner_url: SecretStr = SecretStr("")
    """SQLAlchemy URL of the role that owns the tables, for migrations alone."""
    accounts: dict[str, AccountLogin] = Field(default_factory=dict)
    """A worker's own credentials, by its name: PISHKHAN_ACCOUNTS__RELAY__KAFKA_USER, __KAFKA_PASSWORD, __DATABASE_URL.
    A worker without uses those of all."""
    account: str = ""
    """In a worker's own environment: whose credentials these are."""

    routing_secret: SecretStr = SecretStr("")
    """Key of the routing seeds: whoever lacks it cannot grind request ids for a wanted office."""

    key_secret: SecretStr = SecretStr("")
    """Key of the hashes of parties' keys: a copy of the database without it opens no door."""

    vault_url: SecretStr = SecretStr("")
    """SQLAlchemy URL of the vault in which citizens are kept apart, a database and role of its own; none: no vault."""
    vault_key_file: Path | None = None
    """The vault's key; none: `vault/key.json` in the data folder."""

    clock_start: AwareDatetime | None = None
    """Business time at the moment `clock_real_start`; none: business time is real time."""
    clock_factor: float = Field(default=1.0, gt=0, le=1_000_000)
    """Seconds of business time per real second."""
    clock_real_start: AwareDatetime | None = None

    clock_bound_seconds: float = Field(default=5.0, gt=0, allow_inf_nan=False)
    """What a worker's own clock, the database's and the broker's may differ by, in real time; beyond it, no timed act
    is done. Far more than machines differ that ask a time server, and far less than any deadline."""

    dead_letter_days: int | None = Field(default=None, ge=1, le=3_650)
    """So many days a dead letter of intake stays; none: 90. Those of one topic that have no room go sooner."""

    log_level: LogLevel = LogLevel.INFO
    log_file: Path | None = None
    """In a worker's own environment: where its log goes; none: to stderr, which somebody else keeps."""
    log_bytes_max: int = Field(default=10_000_000, ge=100_000, le=1_000_000_000)
    """A log of a worker or of an embedded engine goes on in a new file when it has so many bytes."""
    log_older_files: int = Field(default=5, ge=1, le=1_000)
    """So many full files of each are kept beside the newest; the oldest goes."""
    http_host: str = "127.0.0.1"
    """Where the gateway listens: an address of this machine. Another one than loopback needs a certificate, or
    `http_insecure`."""
    http_port: int | None = Field(default=None, ge=1, le=65_535)
    """The gateway's port; none: ten after the first of the metrics' ports."""
    http_certificate: Path | None = None
    """The gateway's certificate, with those that it stands on, and its key: then it speaks HTTPS."""
    http_certificate_key: Path | None = None
    http_insecure: bool = False
    """Whether the gateway may listen without a certificate where others can hear it: behind a proxy that has one."""
    http_key_per_second: int = Field(default=500, ge=1, le=1_000_000)
    """So many requests of one key are answered in a second; more are told to come again."""
    metrics_port: int = Field(default=9460, ge=1, le=65_000)
    """First of the workers' metrics and health ports, on loopback; each adds its offset."""
    failpoint: str = ""
    """For trials of faults alone: where a worker kills or stops itself, as `before_commit:kill:3`. Never set it."""

    @field_validator("failpoint")
    @classmethod
    def _a_failpoint(cls, text: str) -> str:
        if text:
            Armed.read(text)
        return text

    @field_validator("kafka_bootstrap")
    @classmethod
    def _brokers(cls, text: str) -> str:
        check_brokers(text)
        return text

    @field_validator("database_url", "database_owner_url", "vault_url")
    @classmethod
    def _a_database(cls, secret: SecretStr) -> SecretStr:
        check_database(secret.get_secret_value())
        return secret

    @field_validator("kafka_ca_file", "http_certificate", "http_certificate_key")
    @classmethod
    def _a_readable_file(cls, path: Path | None) -> Path | None:
        try:
            if path is not None:
                path.open("rb").close()
        except OSError as error:
            raise ValueError(str(error.strerror)) from None
        return path

    @field_validator("clock_start", "clock_real_start")
    @classmethod
    def _a_year_of_ours(cls, moment: datetime | None) -> datetime | None:
        # A day of another calendar, such as 1405-01-01, would be taken for one of Gregory's.
        if moment is not None and not OLDEST_YEAR <= moment.year <= NEWEST_YEAR:
            raise ValueError("no year that a clock of ours shows")
        return moment

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_small_letters(cls, level: object) -> object:
        return level.lower() if isinstance(level, str) else level

    @property
    def clock(self) -> ScaledClock:
        """The one clock of business time; all processes with the same settings agree on it."""
        if self.clock_start is None:
            epoch = datetime(1970, 1, 1, tzinfo=UTC)
            return ScaledClock(start=epoch, factor=1.0, real_start=epoch)
        if self.clock_real_start is None:
            raise Misused(words.NO_REAL_START)
        return ScaledClock(start=self.clock_start, factor=self.clock_factor, real_start=self.clock_real_start)

    @property
    def clock_bound(self) -> timedelta:
        """What two clocks may differ by."""
        return timedelta(seconds=self.clock_bound_seconds)

    @property
    def worker_log(self) -> LogFile | None:
        """Where this worker's log goes, if it is a file of ours."""
        return LogFile(self.log_file, self.log_bytes_max, self.log_older_files) if self.log_file else None

    def kafka_login(self) -> dict[str, str]:
        """Arguments of every kafka-python client. Raises Problem when the broker is not given."""
        if not self.kafka_bootstrap:
            raise Problem(words.NO_BROKER)
        login = {"bootstrap_servers": self.kafka_bootstrap, "security_protocol": self.kafka_security.value}
        if self.kafka_security in (KafkaSecurity.SASL_PLAINTEXT, KafkaSecurity.SASL_SSL):
            login |= {
                "sasl_mechanism": self.kafka_mechanism,
                "sasl_plain_username": self.kafka_user,
                "sasl_plain_password": self.kafka_password.get_secret_value(),
            }
        if self.kafka_ca_file is not None:
            login["ssl_cafile"] = str(self.kafka_ca_file)
        return login

    def kafka_admin_login(self) -> dict[str, str]:
        """The same, for whoever makes topics, users and rules."""
        return self.as_admin().kafka_login()

    def as_admin(self) -> "Settings":
        """Return these settings for what makes topics and writes them, with the administrator's user."""
        if not self.kafka_admin_user:
            return self
        return self.model_copy(
            update={"kafka_user": self.kafka_admin_user, "kafka_password": self.kafka_admin_password}
        )

    def for_worker(self, name: str) -> "Settings":
        """Return what worker `name` may know: its own credentials, and nothing that another could use."""
        own = self.accounts.get(name, AccountLogin())
        changes: dict[str, object] = {
            **{key: type(self).model_fields[key].get_default(call_default_factory=True) for key in OWNER_ONLY},
            "account": name,
        }
        if own.kafka_user:
            changes |= {"kafka_user": own.kafka_user, "kafka_password": own.kafka_password}
        if own.database_url.get_secret_value():
            changes["database_url"] = own.database_url
        if name != ROUTING_WORKER:
            changes["routing_secret"] = SecretStr("")
        if name != KEY_WORKER:
            changes |= {"key_secret": SecretStr(""), "vault_url": SecretStr("")}
        return self.model_copy(update=changes)

    def worker_database_url(self) -> str:
        """URL of the role that owns nothing. Raises Problem when the database is not given."""
        if not self.database_url.get_secret_value():
            raise Problem(words.NO_DATABASE)
        return self.database_url.get_secret_value()

    def routing_key(self) -> bytes:
        """Key of the routing seeds. Raises Problem when it is not given."""
        if not self.routing_secret.get_secret_value():
            raise Problem("The routing secret is not known: set PISHKHAN_ROUTING_SECRET, the same for every worker.")
        return self.routing_secret.get_secret_value().encode()

    def key_hash_secret(self) -> bytes:
        """Key of the hashes of parties' keys. Raises Problem when it is not given."""
        if not self.key_secret.get_secret_value():
            raise Problem(
                "The secret of the keys' hashes is not known: start the bus once with `pishkhan up`, or set "
                "PISHKHAN_KEY_SECRET, the same for every process."
            )
        return self.key_secret.get_secret_value().encode()

    def vault_database_url(self) -> str:
        """URL of the vault. Raises Problem when there is none."""
        if not self.vault_url.get_secret_value():
            raise Problem(
                "This bus has no vault: start it once with `pishkhan up`, or set PISHKHAN_VAULT_URL to a database of "
                "its own."
            )
        return self.vault_url.get_secret_value()

    @property
    def vault_key_path(self) -> Path:
        """Where the vault's key is."""
        return self.vault_key_file or self.data_directory / "vault" / "key.json"

    def owner_database_url(self) -> str:
        """URL of the tables' owner. Raises Problem when it is not given."""
        if not self.database_owner_url.get_secret_value():
            raise Problem("The tables' owner is not known: set PISHKHAN_DATABASE_OWNER_URL.")
        return self.database_owner_url.get_secret_value()

    @property
    def gateway_port(self) -> int:
        """Where the gateway listens."""
        return self.metrics_port + HTTP_OFFSET if self.http_port is None else self.http_port

    @property
    def gateway_address(self) -> str:
        """The gateway's address for clients."""
        scheme = "http" if self.http_certificate is None else "https"
        host = f"[{self.http_host}]" if ":" in self.http_host else self.http_host
        return f"{scheme}://{host}:{self.gateway_port}"

    def values(self) -> dict[str, str]:
        """Every setting but accounts that has a value, as text, secrets in clear: for the environment and the file."""
        texts = {}
        for name in type(self).model_fields:
            if name == "accounts":
                continue
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            if value is None or value == "":
                continue
            texts[name] = value.isoformat() if isinstance(value, datetime) else str(value)
        return texts

    def command_environment(self) -> dict[str, str]:
        """The environment of a command: ours, and these settings without what only the owner may know."""
        return _inherited() | {
            PREFIX + name.upper(): value for name, value in self.values().items() if name not in OWNER_ONLY
        }

    def worker_environment(self, name: str) -> dict[str, str]:
        """The environment of worker `name`: ours, and of these settings what it may know."""
        return self.for_worker(name).command_environment()


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def remember(settings: Settings) -> None:
    """Write the settings of a running instance where other commands find them; readable by the owner alone."""
    accounts = {name: login.values() for name, login in settings.accounts.items()}
    stored = {**settings.values(), "accounts": accounts}
    write_private(settings.data_directory / SETTINGS_FILE, json.dumps(stored, indent=2) + "\n")


def given_settings(data_directory: Path | None = None, **options: str | None) -> Settings:
    """What the environment and a person's options gave; what an earlier run wrote down is not asked.

    `options` are settings by name that were given to the command itself, as `--name`; none was not. Raises `Misused`
    for whatever is wrong with them, each in a sentence.
    """
    refuse_unknown(os.environ, Settings.model_fields, AccountLogin.model_fields)
    typed = {"data_directory": data_directory, **options}
    with told(Settings.model_fields, options):
        settings = Settings(**{name: value for name, value in typed.items() if value is not None})  # type: ignore[arg-type]  # checked by pydantic
    folder = settings.data_directory
    if folder.exists() and not folder.is_dir():
        raise Misused(words.NO_FOLDER.filled(folder=str(folder)))
    return settings


def load_settings(data_directory: Path | None = None, **options: str | None) -> Settings:
    """Settings of a command: its options and the environment, then what `up` wrote into the data directory, defaults.

    Raises `Misused` for a mistake in any of them.
    """
    given = given_settings(data_directory, **options)
    path = given.data_directory / SETTINGS_FILE
    with told(Settings.model_fields, {}, path):
        return Settings(**{**read_stored(path), **given.model_dump(exclude_unset=True)})
