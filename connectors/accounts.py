"""Who may do what: the one declared table of accounts, one row per worker and one for the operator's commands.

Users, access rules and roles are derived from it: on the broker by `connectors/broker/rights.py`, in the database by
`connectors/database/schema/grants.py`. A worker gets the credentials of its own row and no others. What a row does not
name, it may not do; whoever lets a worker do more adds it here, and the tables of refusals in `test_accounts.py` of
`tests/integration/connectors/` say what must stay refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.roles import LET_LETTERS_GO, WORKER_ROLE, own_role
from schemas.topics import INTAKE_PREFIX, LOG_LETTERS, LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT

READ = "SELECT"
APPEND = "SELECT, INSERT"
CHANGE = "SELECT, INSERT, UPDATE"
ALL_ROWS = "SELECT, INSERT, UPDATE, DELETE"
#: Every topic of the bus begins with it.
EVERY_TOPIC = "pishkhan."


@dataclass(frozen=True, slots=True)
class Account:
    """One row. A topic or group that ends in a dot or in `*` stands for all that begin so."""

    name: str
    # Topics that may be read, and that may be written.
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    # Consumer groups to which positions may be committed.
    groups: tuple[str, ...] = ()
    # Privileges by table, in SQL's words, and `(all but COLUMN)` for a list of all the others. `None` means the wide
    # role of commands, declared in `grants.py`.
    tables: Mapping[str, str] | None = field(default_factory=dict)
    # Functions that run with the owner's rights.
    functions: tuple[str, ...] = ()
    # Whether topics, rules and groups may be looked at, all of them.
    inspects: bool = False

    @property
    def kafka_user(self) -> str:
        """The user on the broker."""
        return self.name if self.tables is None else f"worker-{self.name}"

    @property
    def database_role(self) -> str:
        """The role in the database."""
        return WORKER_ROLE if self.tables is None else own_role(self.name)


#: What every consumer with a position, a park and dead letters does. Its own rows alone, where a table has a policy.
_CONSUMER = {
    "consumer_offset": CHANGE,
    "worker": ALL_ROWS,
    "parked_event": ALL_ROWS,
    # Who decided what and why stays; workers add what became of it.
    "park_decision": f"{READ}, UPDATE (outcome, ended_at)",
    "dead_letter": APPEND,
    # A standstill is noted, and that it was passed; whether it may be is an operator's to say.
    "partition_halt": (
        "SELECT, INSERT (consumer, topic, topic_id, partition, position, end_position, cause, why, length, sha256), "
        "UPDATE (cause, why, seen_at, passed_at)"
    ),
    "outbox": APPEND,
}
#: What the two that read intake keep besides: which claims came, and how many letters of whom were told.
_TAKES_CLAIMS = {"intake_event": APPEND, "letter_telling": CHANGE}
#: Of a request every figure, and not what was said in it.
_REQUEST_IN_FIGURES = "SELECT (all but document)"
_FENCE = ("end_frozen_owners()",)
#: What a door needs so that keys open it: it notes their last use, and makes, changes and revokes none.
_READS_KEYS = {
    "api_key": f"{READ}, UPDATE (last_used_at)",
    # It adds rows, and counts how often a key has done a thing; what rows say is nobody's at a door.
    "audit_row": "INSERT, SELECT (id, at, key_id, act, outcome)",
}

ACCOUNTS: tuple[Account, ...] = (
    # Publishes: the one account that writes topics. Of the outbox it changes only that a row is published.
    Account(
        "relay",
        writes=(EVERY_TOPIC,),
        tables={
            "outbox": f"{READ}, UPDATE (published_at)",
            "worker": ALL_ROWS,
            "consumer_offset": READ,
            "kpi_position": READ,
            # What no broker takes is noted; what becomes of it is an operator's to say.
            "set_aside_row": (
                "SELECT, INSERT (outbox_id, topic, partition, key, source, event_id, type, sequence, bytes, cause)"
            ),
        },
        # It sees to what grows: whole days of the outbox, and dead letters beyond their room.
        functions=("outbox_maintain(int, int)", LET_LETTERS_GO),
    ),
    # Versions of everything known. An office's limits are the registry's, its load is not.
    Account(
        "registry",
        reads=(INTAKE_PREFIX,),
        groups=("pishkhan.registry",),
        tables={
            **_CONSUMER,
            **_TAKES_CLAIMS,
            "registry_head": CHANGE,
            "registry_version": APPEND,
            "office_position": f"{READ}, INSERT, UPDATE (cap_rial, capacity)",
            # Locked, so that limits change between two decisions.
            "load_clock": f"{READ}, UPDATE",
        },
        functions=_FENCE,
    ),
    # The truth about every request. Nothing of the ledger.
    Account(
        "requests",
        reads=(INTAKE_PREFIX,),
        groups=("pishkhan.requests",),
        tables={
            **_CONSUMER,
            **_TAKES_CLAIMS,
            "registry_head": READ,
            "registry_version": READ,
            "request": CHANGE,
            "act": APPEND,
            "office_position": f"{READ}, UPDATE",
            "load_clock": f"{READ}, UPDATE",
            # What waits for a person is not on its way: no deadline waits for it.
            "set_aside_row": READ,
        },
        functions=_FENCE,
    ),
    # The ledger: facts are added, never rewritten. Of the requests only what an office has reserved.
    Account(
        "settlement",
        reads=(LOG_REQUESTS.name,),
        groups=("pishkhan.settlement",),
        tables={
            **_CONSUMER,
            "settlement_progress": CHANGE,
            "ledger_transfer": APPEND,
            "ledger_account": APPEND,
            "ledger_balance": CHANGE,
            "ledger_dispute": CHANGE,
            "settlement_window": APPEND,
            "window_cut": APPEND,
            "office_position": f"{READ}, UPDATE",
            "load_clock": f"{READ}, UPDATE",
        },
        functions=_FENCE,
    ),
    # Figures. What it reads of others is for the gauges: counts and sums, no request's document.
    Account(
        "kpi",
        reads=(LOG_REQUESTS.name, LOG_SETTLEMENT.name),
        groups=("pishkhan.kpi*",),
        tables={
            "worker": ALL_ROWS,
            "parked_event": ALL_ROWS,
            "park_decision": f"{READ}, UPDATE (outcome, ended_at)",
            "dead_letter": APPEND,
            "outbox": APPEND,
            "kpi_position": CHANGE,
            "kpi_request_fact": CHANGE,
            "kpi_income_fact": APPEND,
            "kpi_out_of_date": ALL_ROWS,
            "kpi_figure": CHANGE,
            "registry_version": READ,
            "request": _REQUEST_IN_FIGURES,
            "set_aside_row": READ,
            "dead_letter_let_go": READ,
            "ledger_balance": READ,
            "ledger_transfer": READ,
            "office_position": READ,
            "feed_head": READ,
        },
    ),
    # The doors for machines. Keys are an administrator's to give. What is said is kept with its caller's own key;
    # of what becomes of it the gateway reads what answers hold, and of a request whose it is.
    Account(
        "gateway",
        tables={
            **_READS_KEYS,
            "worker": ALL_ROWS,
            "outbox": APPEND,
            "gateway_identity": APPEND,
            # What reads show: requests, the registry, offices' loads, the ledger, what waits and what was set aside.
            "request": READ,
            "kpi_request_fact": READ,
            "office_position": READ,
            "load_clock": READ,
            "park_decision": READ,
            "dead_letter_let_go": READ,
            "ledger_transfer": READ,
            "ledger_balance": READ,
            "ledger_account": READ,
            "ledger_dispute": READ,
            "settlement_window": READ,
            "window_cut": READ,
            "reconciliation_verdict": READ,
            "registry_version": READ,
            "intake_event": READ,
            "parked_event": READ,
            "dead_letter": READ,
            "consumer_offset": READ,
            "feed_entry": READ,
            "feed_head": READ,
        },
    ),
    # The parties' feeds: numbers and events are facts. Nothing of requests, registry or ledger but what the logs say.
    Account(
        "delivery",
        reads=(LOG_REGISTRY.name, LOG_REQUESTS.name, LOG_SETTLEMENT.name, LOG_LETTERS.name),
        groups=("pishkhan.delivery",),
        tables={
            **_CONSUMER,
            "delivery_subject": CHANGE,
            "delivery_event": APPEND,
            "feed_head": CHANGE,
            "feed_entry": APPEND,
        },
        functions=_FENCE,
    ),
    # People's commands: they look at everything, and what they say goes through the outbox. They write no topic.
    Account("operator", reads=(EVERY_TOPIC,), tables=None, inspects=True),
)


def account(name: str) -> Account:
    """Return the account of this name. Raises `KeyError`."""
    return next(row for row in ACCOUNTS if row.name == name)
