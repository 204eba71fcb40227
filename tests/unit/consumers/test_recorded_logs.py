"""Logs that an earlier version wrote fold to its own ledger and its own loads: digest for digest, rial for rial."""

from collections import Counter

import pytest

from consumers.logs import read_log
from consumers.requests.domain.loads.history import LoadPlace, LoadsHistory
from consumers.requests.domain.loads.loads import Load
from consumers.settlement.arrival import read_arrival
from consumers.settlement.domain.chain import Chain
from consumers.settlement.domain.page import Page
from deploy.faults.follower import Shadow
from schemas.log_requests import RequestMoneyEvent, RequestOpened
from schemas.topics import LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.values.recorded import RECORDED, recorded
from tests.memory.desk import Desk


@pytest.mark.parametrize("commit", RECORDED)
def test_every_event_is_still_read(commit: str) -> None:
    events = Counter(type(read_log(record).event) for record in recorded(commit).records)
    assert events.total() == len(recorded(commit).records)
    assert events[RequestOpened] == 220


@pytest.mark.parametrize("commit", RECORDED)
def test_what_was_not_carried_yet_is_none(commit: str) -> None:
    for record in recorded(commit).of(LOG_REQUESTS.name):
        event = read_log(record).event
        if isinstance(event, RequestMoneyEvent):
            assert (event.agreement, event.agreement_version, event.settlement_cycle) == (None, None, None)
        if isinstance(event, RequestOpened):
            assert event.tracking_code is None


@pytest.mark.parametrize("commit", RECORDED)
def test_the_requests_log_folds_to_the_chains_that_were_kept(commit: str) -> None:
    logs = recorded(commit)
    shadow = Shadow({number: Page(number, Chain(), 1) for number in range(LOG_REQUESTS.partitions)})
    for record in logs.of(LOG_REQUESTS.name):
        shadow.enter(read_arrival(record))
    chains = {
        str(number): {"rows": page.chain.count, "head": page.chain.head.hex()} for number, page in shadow.pages.items()
    }
    assert chains == logs.expected["chains"]


@pytest.mark.parametrize("commit", RECORDED)
def test_settlement_makes_the_same_ledger_of_it_and_closes_the_same_window(commit: str) -> None:
    logs, desk = recorded(commit), Desk()
    records = logs.of(LOG_REQUESTS.name)
    for start in range(0, len(records), 500):
        desk.handle(*records[start : start + 500])
    balances: Counter[str] = Counter()
    exposure: Counter[str] = Counter()
    for row in desk.memory.rows:
        balances[row.debit_account] += row.amount_rial
        balances[row.credit_account] -= row.amount_rial
        if row.office is not None:
            exposure[row.office] += row.exposure_rial or 0
    assert {account: rial for account, rial in balances.items() if rial} == logs.expected["balances_rial"]
    assert {office: rial for office, rial in exposure.items() if rial} == logs.expected["exposure_rial"]
    assert {
        str(number): {"anchor": window.chain_anchor_sha256, "transfers": window.transfers}
        for number, window in desk.memory.closed.items()
    } == logs.expected["windows"]


@pytest.mark.parametrize("commit", RECORDED)
def test_the_loads_of_both_logs_are_those_that_were_kept(commit: str) -> None:
    logs = recorded(commit)
    both = [record for record in logs.records if record.topic in (LOG_REQUESTS.name, LOG_SETTLEMENT.name)]
    last = max(read_log(record).envelope.load_revision or 0 for record in both)
    history = LoadsHistory([LoadPlace(last, None, None)])
    for record in both:
        read = read_log(record)
        if history.wants(read.envelope):
            history.take(read.envelope, read.event)
    loads = history.loads(0)
    for code in {(record.key or b"").decode() for record in logs.of(LOG_REGISTRY.name)}:
        load = loads.of(code)
        assert load == Load(*logs.expected["positions"].get(code, (0, 0, 0, 0))), code
