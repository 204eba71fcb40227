"""What the directorate and its auditors look at: the ledger, what waits, what was set aside, the last comparison."""

from dataclasses import asdict
from typing import Any

from connectors.reads.asking import NotThere, Question, Reads
from consumers.letters import letter_page
from consumers.parked import parked_page
from consumers.settlement.statement import statement_of
from schemas import accounts


def balances(reads: Reads, asked: Question) -> dict[str, Any]:
    """Return every account's debits, credits and balance in rial, summed over the rows themselves."""
    found = reads.ledger.balances(asked.query.get("prefix", ""))
    disputed = reads.ledger.disputed()
    return {
        "items": [{**one._asdict(), "balance_rial": one.balance_rial} for one in found],
        "sum_rial": sum(one.balance_rial for one in found),
        "disputed": disputed._asdict(),
    }


def statement(reads: Reads, asked: Question) -> dict[str, Any]:
    """Return one account in one window: of an agency and an office its own accounts alone. Raises `NotThere`."""
    account, window = asked.named["account"], asked.query["window"]
    holder = accounts.holder_of(account)
    if holder is None or asked.agency not in (None, holder.agency) or asked.office not in (None, holder.office):
        raise NotThere
    found = statement_of(reads.statement, account, window)
    if found is None:
        raise NotThere
    return {
        "account": account,
        "window": found.window,
        "closed_at": found.closed_at,
        "opening_rial": found.movement.opening_rial,
        "debits_rial": found.movement.debits_rial,
        "credits_rial": found.movement.credits_rial,
        "closing_rial": found.closing_rial,
        "kinds": [kind._asdict() for kind in found.kinds],
        "owed_by_office_rial": found.owed_by_office_rial,
    }


def parked(reads: Reads, asked: Question) -> dict[str, Any]:
    """Return the events that have waited longest, and how many wait in all."""
    page = parked_page(reads.park, asked.limit, asked.query.get("consumer"), None)
    return {"items": [asdict(line) for line in page.lines], "count": page.count}


def letters(reads: Reads, asked: Question) -> dict[str, Any]:
    """Return the newest dead letters without their bodies, and how many were let go of each topic."""
    page = letter_page(reads.letters, asked.limit, asked.query.get("consumer"))
    return {"items": [asdict(line) for line in page.lines], "let_go": [one._asdict() for one in page.let_go]}


def verdict(reads: Reads, _asked: Question) -> dict[str, Any]:
    """Return what the last reconciliation said; `last` is none where none was ever run."""
    found = reads.verdict
    return {"last": None if found is None else found._asdict()}
