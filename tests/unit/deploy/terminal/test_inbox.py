"""The inbox is readable on a terminal of 80 columns, in both languages, and its ids are enough to name requests by."""

from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from rich.console import Console

from connectors.words.language import Language
from consumers.requests.desk import desk_items
from consumers.requests.domain.life.state import RequestStage, RequestState
from consumers.requests.inbox import Inbox
from deploy.terminal.inbox import inbox_table, item_lines, owed_lines
from deploy.terminal.request_ids import short_ids
from schemas.catalogue import Datatype, FormAttribute
from schemas.log_registry import RegistryEntry
from tests.kit.values.builders import (
    AGREEMENT,
    MOMENT,
    agreement,
    calendar,
    entries,
    policy,
    service,
    territory,
    words,
)
from tests.kit.values.builders import office as make_office
from tests.kit.values.requests_world import at

LONG_SERVICE = "electricity.change-of-subscriber"


def shown(states: list[RequestState], language: Language) -> list[str]:
    """Return the inbox's lines as a terminal of 80 columns shows them."""
    console = Console(file=StringIO(), width=80)
    console.print(inbox_table("nk-urban-011", desk_items(states, ()), MOMENT, language))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def requests() -> list[RequestState]:
    """Return requests at the stages that say most, two of the same minute."""
    found = []
    for number, stage in enumerate((RequestStage.ROUTED, RequestStage.ACCEPTED, RequestStage.AGENCY_AWAITED)):
        state = at(stage)
        asked = state.asked().model_copy(update={"service": LONG_SERVICE})
        request_id = UUID(f"019ab3c4-5d6{number}-7f80-9a1b-2c3d4e5f6071")
        due = MOMENT + timedelta(days=40)
        found.append(state.model_copy(update={"request_id": request_id, "submission": asked, "accept_by": due}))
    return found


@pytest.mark.parametrize("language", Language)
def test_it_fits_80_columns_and_no_word_is_torn_but_the_services_code(language: Language) -> None:
    lines = shown(requests(), language)
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 3 + 3 * len(requests()), "at most three lines for a request"
    text = "\n".join(lines)
    for number in range(3):
        assert f"019ab3c4-5d6{number} " in text
    code = requests()[0].tracking_code
    assert code is not None
    assert text.count(code) == 3, "whole, for each of the three"
    words = {
        Language.EN: ("routed", "accepted", "awaits the", "agency", "01-02 09:30", "30,000 rial", "(3,000 toman)"),
        Language.FA: ("تخصیص یافته", "پذیرفته شده", "در انتظار", "دستگاه", "۱۰/۱۲ ۰۹:۳۰", "۳۰٬۰۰۰ ریال", "(سه هزار"),
    }
    assert [word for word in words[language] if word not in text] == []


def test_what_is_due_this_very_moment_is_overdue() -> None:
    waiting = requests()[0]
    states = [waiting.model_copy(update={"accept_by": MOMENT + timedelta(seconds=left)}) for left in (0, 1)]
    table = inbox_table("nk-urban-011", desk_items(states, ()), MOMENT, Language.EN)
    assert [row.style for row in table.rows] == ["red", None]


def test_what_was_collected_is_not_to_be_collected() -> None:
    accepted, collected = at(RequestStage.ACCEPTED), at(RequestStage.FEE_COLLECTED)
    assert "30,000 rial" in "\n".join(shown([accepted], Language.EN))
    assert "rial" not in "\n".join(shown([collected], Language.EN))


def test_short_ids_are_as_long_as_tells_them_apart_and_never_shorter_than_a_millisecond() -> None:
    texts = [
        "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "019ab3c4-5d6e-7f81-9a1b-2c3d4e5f6071",
        "019ab3c4-5d70-7f80-9a1b-2c3d4e5f6071",
        "7f80b3c4-5d6e-4f80-9a1b-2c3d4e5f6071",
    ]
    short = short_ids([UUID(text) for text in reversed(texts)])
    assert [short[UUID(text)] for text in texts] == [
        "019ab3c4-5d6e-7f80",
        "019ab3c4-5d6e-7f81",
        "019ab3c4-5d70",
        "7f80b3c4-5d6e",
    ]
    assert short_ids([]) == {}


@pytest.mark.parametrize(("language", "words"), [(Language.EN, "cancelled"), (Language.FA, "لغو شده")])
def test_what_is_to_be_given_back_is_below_with_amount_reason_and_command(language: Language, words: str) -> None:
    ended = [
        at(stage).model_copy(update={"request_id": UUID(f"019ab3c4-5d6{number}-7f80-9a1b-2c3d4e5f6071")})
        for number, stage in enumerate((RequestStage.CANCELLED, RequestStage.REJECTED))
    ]
    console = Console(file=StringIO(), width=80)
    console.print(owed_lines(Inbox("nk-urban-011", [], ended, []), language))
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "60,000" in text or "۶۰٬۰۰۰" in text
    assert words in text
    assert text.count("    pishkhan office nk-urban-011 return ") == 2
    assert text.count(" --amount 30000\n") == 2
    code = ended[0].tracking_code
    assert code is not None
    assert code in text


def known() -> list[RegistryEntry]:
    form = (
        FormAttribute(code="note", datatype=Datatype.STRING, required=False, order=1, names=words("Note")),
        FormAttribute(
            code="name", datatype=Datatype.STRING, required=True, order=2, names=words("Name"), personal=True
        ),
    )
    return entries([territory(), policy(), calendar(), service(form=form), agreement(), make_office("office-1")])


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("stage", [one for one in RequestStage if one not in (RequestStage.AWAITED,)])
def test_one_request_is_shown_with_all_that_its_work_needs(language: Language, stage: RequestStage) -> None:
    state = at(stage)
    [item] = desk_items([state], known())
    text = "\n".join(item_lines("office-1", item, "019ab3c4-5d6e", language))
    assert str(state.request_id) in text
    assert "{" not in text
    assert state.asked().service in text


def test_before_accepting_the_desk_sees_name_form_fee_and_how_it_is_paid() -> None:
    state = at(RequestStage.ROUTED)
    asked = state.asked().model_copy(update={"form": {"note": "blue"}})
    kept = {"submission": asked, "agreement": AGREEMENT, "agreement_version": 1, "service_version": 1}
    [item] = desk_items([state.model_copy(update=kept)], known())
    lines = item_lines("office-1", item, "019ab3c4-5d6e", Language.EN)
    assert "  Note (note): blue" in lines
    assert "  Name (name): in the encrypted part" in lines
    assert "fee, once you accept:" in lines
    assert any(line.startswith("collect 30,000 rial (3,000 toman), ") for line in lines)
    assert "  pishkhan office office-1 accept 019ab3c4-5d6e" in lines
    table = "\n".join(shown([item.state], Language.EN))
    assert "30,000 rial" not in table, "without the registry no fee is known"


def told(state: RequestState) -> list[str]:
    """Return what `office show` says of a request."""
    known = entries([territory(), policy(), calendar(), service(), agreement(), make_office("office-1")])
    [item] = desk_items([state], known)
    return item_lines("office-1", item, "019ab3c4-5d6e", Language.EN)


def test_what_was_collected_is_told_and_not_called_nothing() -> None:
    assert "collected: 30,000 rial (3,000 toman)" in told(at(RequestStage.FEE_COLLECTED))
    assert "the office collects nothing" not in told(at(RequestStage.FEE_COLLECTED))
    returned = at(RequestStage.CANCELLED).model_copy(update={"returned_rial": 10_000})
    assert "given back: 10,000 rial (1,000 toman)" in told(returned)
    assert not any(line.startswith("given back") for line in told(at(RequestStage.CANCELLED)))


def test_who_is_asked_for_a_document_is_told_how_to_send_it() -> None:
    started = at(RequestStage.STARTED).model_copy(update={"needs_answer": False})
    wanted = started.model_copy(update={"document_wanted": "the deed"})
    deliver, ask = (f"  pishkhan office office-1 {act} 019ab3c4-5d6e" for act in ("deliver", "await"))
    assert told(started)[-1:] == [deliver]
    assert told(wanted)[-2:] == [ask, deliver]
    assert told(wanted.model_copy(update={"approved": True}))[-1:] == [deliver]
