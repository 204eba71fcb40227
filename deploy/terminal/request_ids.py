"""Request ids as people type and read them: whole, or only so much of the beginning as tells them apart."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from itertools import pairwise
from uuid import UUID

from connectors.words.language import EMPTY, Phrase
from consumers.requests.finding import (
    IdUnreadable,
    RequestAmbiguous,
    RequestNotFound,
    check_beginning,
    find_request,
    whole_id,
)
from deploy.problem import Misused, Problem
from deploy.use_cases import View

#: Ids begin with the millisecond of their making, `019ab3c4-5d6e`; its first half alone stays the same for a minute.
SHORT_LENGTH = 13
_NO_ID = Phrase(
    "{text} شناسه درخواست نیست؛ آن را از کارتابل یا از ثبت بردارید. آغازش بس است، مانند 019ab3c4-5d6e، اگر از درخواست "
    "دیگری نباشد.",
    "{text} is no request id; copy it from the inbox or from the submission. Its beginning is enough, such as "
    "019ab3c4-5d6e, when it is of no other request.",
)
_OF_OFFICE, _OF_AGENCY = (
    Phrase(" دفتر {office}", " of office {office}"),
    Phrase(" دستگاه {agency}", " of agency {agency}"),
)
_NONE = Phrase(
    "هیچ درخواست{whose} با {typed} آغاز نمی‌شود. بیشتر بنویسید، یا همه شناسه را.",
    "No request{whose} begins with {typed}. Type more of another, or the whole id.",
)
_SEVERAL, _MORE = (
    Phrase(
        "چند درخواست با {typed} آغاز می‌شود: {several}{more}. بیشتر بنویسید.",
        "Several requests begin with {typed}: {several}{more}. Type more of the id.",
    ),
    Phrase(" و دیگرها", " and more"),
)


def request_id_of(
    text: str,
    reading: Callable[[], AbstractContextManager[View]],
    *,
    office: str | None = None,
    agency: str | None = None,
) -> UUID:
    """Return the request id that a person typed, whole or its beginning; `reading` opens a transaction.

    A beginning is looked for among the requests that `office` has, or that are `agency`'s. Raises `Problem`.
    """
    whole = whole_id(text)
    if whole is not None:
        return whole
    typed = text.strip().lower()
    try:
        check_beginning(typed)
        with reading() as view:
            return find_request(view.inbox, typed, office=office, agency=agency)
    except IdUnreadable:
        raise Misused(_NO_ID.filled(text=text)) from None
    except RequestNotFound:
        whose = _OF_OFFICE.filled(office=office) if office else _OF_AGENCY.filled(agency=agency) if agency else EMPTY
        raise Problem(_NONE.filled(whose=whose, typed=typed)) from None
    except RequestAmbiguous as several:
        more = _MORE if several.more else EMPTY
        raise Problem(_SEVERAL.filled(typed=typed, several=str(several), more=more)) from None


def short_ids(ids: Collection[UUID]) -> dict[UUID, str]:
    """Return so much of the beginning of each id that none of the others begins with it."""
    ordered = sorted(ids)
    texts = [str(one) for one in ordered]
    shared = [0, *(_shared(one, other) for one, other in pairwise(texts)), 0]
    return {
        ordered[place]: text[: max(SHORT_LENGTH, shared[place] + 1, shared[place + 1] + 1)]
        for place, text in enumerate(texts)
    }


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts have in common at the beginning."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b), len(one))
