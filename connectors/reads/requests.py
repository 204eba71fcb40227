"""Requests: a party's own, one of them as the party sees it, and what it was told of it."""

from typing import Any

import orjson

from connectors.reads.asking import NotThere, Question, Reads
from consumers.delivery.entries import entry_json
from consumers.registry.domain.known import EntryKind
from consumers.requests.desk import DeskItem, desk_items
from consumers.requests.domain.life.state import RequestStage, RequestState
from consumers.requests.inbox import WaitingClaim, inbox_of, waiting_of
from consumers.requests.listing import Listed, Wanted, page_of
from producers.access.parties import PartyKind
from schemas.feed import DIRECTORATE_FEED, agency_feed, office_feed
from schemas.log_requests import RefusalReason
from schemas.speakers import DIRECTORATE

#: More events than any request has.
HISTORY_MAX = 1_000


def listed(reads: Reads, asked: Question) -> dict[str, Any]:
    """Return a page of requests, the newest first; `next` is what `after` of the next page is."""
    query = asked.query
    stages = frozenset({RequestStage(query["state"])} if "state" in query else ())
    day = query.get("opened_from"), query.get("opened_to")
    wanted = Wanted(
        stages,
        asked.agency or query.get("agency"),
        asked.office or query.get("office"),
        query.get("service"),
        RefusalReason(query["reason"]) if "reason" in query else None,
        asked.now if query.get("late") else None,
        *day,
    )
    page = page_of(reads.listing, wanted, asked.limit, query.get("after"))
    items = [_line(one) for one in page.requests]
    return {"items": items, "next": items[-1]["request_id"] if page.more else None}


def one(reads: Reads, asked: Question) -> dict[str, Any]:
    """Return one request as the party sees it. Raises `NotThere`."""
    state = own(reads, asked)
    [item] = _items(reads, [state])
    told = _state(state) | _fee(item)
    if asked.party.kind in (PartyKind.AGENCY, PartyKind.OFFICE):
        told["form"] = _form(item)
    if asked.agency is not None or (asked.office is not None and item.accepted):
        told["tracking_code"] = state.tracking_code
    return told


def history(reads: Reads, asked: Question) -> dict[str, Any]:
    """Return what the party was told of one request, in order; each entry is that of its feed. Raises `NotThere`."""
    own(reads, asked)
    feed = DIRECTORATE_FEED
    if asked.agency is not None:
        feed = agency_feed(asked.agency)
    elif asked.office is not None:
        feed = office_feed(asked.office)
    entries = reads.feeds.about(feed, str(asked.request_id), HISTORY_MAX)
    return {"items": [orjson.loads(entry_json(entry)) for entry in entries]}


def inbox(reads: Reads, asked: Question) -> dict[str, Any]:
    """Return what the office has to do, what it has to give back to citizens, and what it has said that waits."""
    assert asked.office is not None, "an inbox is an office's"
    found = inbox_of(reads.inbox, asked.office, str(asked.party.source))
    return {
        "at_desk": [_state(item.state) | _fee(item) for item in _items(reads, list(found.at_desk))],
        "to_give_back": [_state(state) for state in found.owed],
        "owed_rial": found.owed_rial,
        "waiting": [_waiting(claim) for claim in found.waiting],
    }


def waiting(reads: Reads, asked: Question) -> dict[str, Any]:
    """Return what the party has said that waits; of the directorate for those who only look."""
    claims = waiting_of(reads.inbox, asked.party.source or DIRECTORATE)
    return {"items": [_waiting(claim) for claim in claims]}


def own(reads: Reads, asked: Question) -> RequestState:
    """Return the request that the path names, when it is the party's or everybody's is. Raises `NotThere`."""
    state = reads.inbox.state(asked.request_id)
    if state is None or state.submission is None:
        raise NotThere
    if asked.agency is not None and asked.agency not in (state.agency, state.submission.by_agency):
        raise NotThere
    if asked.office is not None and asked.office not in (state.office, state.submission.by_office):
        raise NotThere
    return state


def _items(reads: Reads, states: list[RequestState]) -> list[DeskItem]:
    services = {(EntryKind.SERVICE, state.asked().service) for state in states if state.submission is not None}
    agreements = {(EntryKind.AGREEMENT, state.agreement) for state in states if state.agreement is not None}
    return desk_items(states, reads.registry.known([*services, *agreements], ()))


def _line(one: Listed) -> dict[str, Any]:
    return {
        "request_id": str(one.request_id),
        "opened_at": one.opened_at,
        "agency": one.agency,
        "service": one.service,
        "city": one.city,
        "office": one.office,
        "state": one.stage.value,
        "reason": None if one.reason is None else one.reason.value,
        "due_at": one.due_at,
        "owed_rial": one.owed_rial,
    }


def _state(state: RequestState) -> dict[str, Any]:
    asked = state.asked()
    return {
        "request_id": str(state.request_id),
        "state": state.stage.value,
        "version": state.version,
        "origin": asked.origin.value,
        "service": asked.service,
        "service_version": state.service_version or None,
        "agency": state.agency or asked.by_agency,
        "agreement": state.agreement,
        "agreement_version": state.agreement_version or None,
        "city": asked.city,
        "county": state.county,
        "office": state.office,
        "attempt": state.attempt,
        "submitted_at": asked.submitted_at,
        "accept_by": state.accept_by,
        "expires_at": state.expires_at,
        "document_wanted": state.document_wanted,
        "collected_rial": state.collected_rial,
        "returned_rial": state.returned_rial,
        "owed_rial": state.owed_rial,
        "disputed": state.disputed,
    }


def _fee(item: DeskItem) -> dict[str, Any]:
    fee = item.fee
    told = None
    if fee is not None:
        lines = [
            {"code": line.code, "amount_rial": line.amount_rial, "payer": line.payer, "collector": line.collector}
            for line in fee.lines
        ]
        told = {
            "stands": item.accepted,
            "total_rial": fee.total_rial,
            "office_collects_rial": fee.office_collects_rial,
            "to_collect_rial": item.to_collect_rial,
            "by_card": item.by_card,
            "lines": lines,
        }
    return {"fee": told}


def _form(item: DeskItem) -> list[dict[str, Any]]:
    return [
        {"code": code, "value": value, "personal": attribute is not None and attribute.personal}
        for attribute, code, value in item.form
    ]


def _waiting(claim: WaitingClaim) -> dict[str, Any]:
    return {
        "request_id": str(claim.request_id),
        "claim_id": claim.claim_id,
        "type": claim.type_name,
        "awaited": None if claim.awaited is None else claim.awaited.value,
        "detail": claim.detail,
        "since": claim.since,
        "until": claim.until,
    }
