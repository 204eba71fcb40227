"""Agencies on the broker: each has a topic, a user with a password, and the right to write that topic alone.

Passwords are made here once and kept in the data directory, in a file that only its owner may read; the broker keeps
salted hashes of them. Hand an agency its own with `pishkhan agency CODE credentials`.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from connectors.broker.admin import GATEWAY_USER, SCRAM_MECHANISM, BrokerAdmin, agency_user
from connectors.broker.key_users import key_user, reads_feed, writes_intake
from connectors.database.runner.positions import agencies_read
from connectors.words.language import Phrase
from deploy.engines.kept import Kept
from deploy.problem import Problem
from deploy.settings import Settings
from producers.access.keys import Key
from schemas.limits import PRODUCER_BATCH_BYTES
from schemas.speakers import agency_source
from schemas.topics import FEED_AGENCY, INTAKE_AGENCY, RESERVED_AGENCY_CODES

AGENCIES_FILE = "agencies.json"
_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_SEPARATOR = " "
_UNKNOWN = Phrase(
    "دستگاهی به نام '{code}' نیست. این‌ها هستند: {known}.", "No agency is called '{code}'. Known: {known}."
)
_NONE_YET = Phrase("هنوز هیچ؛ نخست استانی بارگذاری کنید", "none yet; load a province first")


class Agencies:
    """The agencies that this data directory knows, and their passwords."""

    def __init__(self, data_directory: Path) -> None:
        self._kept = Kept(data_directory / AGENCIES_FILE)

    def codes(self) -> list[str]:
        """Return the codes of all known agencies, sorted."""
        return (self._kept.text("codes") or "").split()

    def password(self, code: str) -> str:
        """Return the broker password of a known agency. Raises `Problem` for an unknown one."""
        if code not in self.codes():
            known = ", ".join(self.codes())
            raise Problem(_UNKNOWN.filled(code=code, known=Phrase(known, known) if known else _NONE_YET))
        return self._kept.secret(agency_user(code))

    def add(self, codes: Sequence[str]) -> None:
        """Know `codes` from now on. Raises `Problem` for a code that cannot name a topic."""
        for code in codes:
            if _CODE.fullmatch(code) is None or code in RESERVED_AGENCY_CODES:
                raise Problem(f"An agency cannot be called {code!r}: use lower case letters, digits, '.', '_' and '-'.")
        self._kept.keep("codes", _SEPARATOR.join(sorted({*self.codes(), *codes})))

    def passwords(self) -> dict[str, str]:
        """Return every user that the broker must know besides the bus, with its password."""
        users = [GATEWAY_USER, *(agency_user(code) for code in self.codes())]
        return {user: self._kept.secret(user) for user in users}


def client_properties(settings: Settings, code: str) -> list[str]:
    """Return what an agency's own Kafka client needs, as lines of librdkafka's properties: the password, too.

    Raises `Problem` for an unknown agency and for a missing setting.
    """
    password = Agencies(settings.data_directory).password(code)
    login = settings.kafka_login()
    return [
        f"# Write to topic {INTAKE_AGENCY.for_agency(code)} alone, with ce_source {agency_source(code)}.",
        # Not as properties: a client that only writes would complain of them.
        f"# Read topic {FEED_AGENCY.for_agency(code)} alone, in group {agency_user(code)}: what becomes of it.",
        f"bootstrap.servers={login['bootstrap_servers']}",
        f"security.protocol={login['security_protocol']}",
        f"sasl.mechanism={SCRAM_MECHANISM}",
        f"sasl.username={agency_user(code)}",
        f"sasl.password={password}",
        # By default librdkafka makes batches of a megabyte, which the topic does not take.
        f"batch.size={PRODUCER_BATCH_BYTES}",
    ]


def key_properties(settings: Settings, key: Key, token: str) -> list[str]:
    """Return what a Kafka client with an agency's key needs, in the same form. Raises `Problem` as that does."""
    login, code = settings.kafka_login(), key.party.code
    lines = [
        f"bootstrap.servers={login['bootstrap_servers']}",
        f"security.protocol={login['security_protocol']}",
        f"sasl.mechanism={SCRAM_MECHANISM}",
        f"sasl.username={key_user(key.key_id)}",
        f"sasl.password={token}",
    ]
    if writes_intake(key):
        said = f"# Write to topic {INTAKE_AGENCY.for_agency(code)} alone, with ce_source {agency_source(code)}."
        # By default librdkafka makes batches of a megabyte, which the topic does not take.
        lines = [said, *lines, f"batch.size={PRODUCER_BATCH_BYTES}"]
    if reads_feed(key):
        lines = [f"# Read topic {FEED_AGENCY.for_agency(code)} alone, in group {agency_user(code)}.", *lines]
    return lines


def known_agencies(settings: Settings, connection: Connection) -> frozenset[str]:
    """Return the agencies that have an intake topic: by this data directory, or because workers have found it."""
    return agencies_read(connection).union(Agencies(settings.data_directory).codes())


def provision(settings: Settings, codes: Sequence[str] = ()) -> list[str]:
    """Give `codes`, and every known agency, topic, user and rights; return the topics that were made.

    Harmless when repeated. Raises `BrokerUnavailable`, and `Problem` for a code that cannot name a topic.
    """
    agencies = Agencies(settings.data_directory)
    agencies.add(codes)
    admin = BrokerAdmin(settings.kafka_admin_login())
    try:
        made = admin.ensure_topics(agencies.codes(), settings.kafka_replicas)
        if settings.kafka_user:
            admin.ensure_users(agencies.passwords())
            admin.ensure_rights(agencies.codes())
    finally:
        admin.close()
    return made
