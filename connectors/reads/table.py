"""The one declared table of reads: what each path shows, to whom, by which use case.

Routes, the OpenAPI document and the page of acts go by it. What a party may not see of a kind of thing is not there for
it: an agency or an office is shown its own, and another's is `NotThere`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.reads import operations, requests
from connectors.reads.asking import PAGE_MAX, Kind, Parameter, Question, Reads
from connectors.reads.directory import DirectoryReads, KeptView
from connectors.reads.explaining import Explaining
from connectors.words.language import Phrase
from consumers.requests.domain.life.state import RequestStage
from producers.access.parties import PartyKind, Scope
from schemas.log_requests import RefusalReason

AGENCY, OFFICE = PartyKind.AGENCY, PartyKind.OFFICE
#: Who watches the whole province.
WATCHERS = (PartyKind.DIRECTORATE, PartyKind.WORKING_GROUP, PartyKind.AUDITOR)
EVERYBODY = (AGENCY, OFFICE, *WATCHERS)

#: Returns what is shown, as JSON's values and times. May raise `NotThere`.
Look = Callable[[Reads, Question], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Read:
    """One read: its path, who may have it, and the words of the command that shows the same.

    `calm` says that it wants a view of the database that nothing changes while it lasts.
    """

    name: str
    path: str
    parties: tuple[PartyKind, ...]
    look: Look
    words: Phrase
    command: str
    query: tuple[Parameter, ...] = ()
    scope: Scope = Scope.READ
    calm: bool = False


_LIMIT = Parameter("limit", Kind.NUMBER, "so many items at most; 50 by default", number_max=PAGE_MAX)
_AGENCY = Parameter("agency", Kind.CODE, "only of this agency")
_CITY = Parameter("city", Kind.CODE, "only in this city")
_CONSUMER = Parameter("consumer", Kind.CODE, "only of this consumer")
_REQUESTS = (
    Parameter("state", Kind.CODE, "only in this state", tuple(stage.value for stage in RequestStage)),
    Parameter("service", Kind.CODE, "only for this service"),
    Parameter("office", Kind.CODE, "only with this office, or with it last"),
    _AGENCY,
    Parameter("reason", Kind.CODE, "only refused for this reason", tuple(reason.value for reason in RefusalReason)),
    Parameter("late", Kind.FLAG, "only those whose next deadline has passed"),
    Parameter("opened_from", Kind.DAY, "only opened from the beginning of this day in Iran, of either calendar"),
    Parameter("opened_to", Kind.DAY, "only opened before the beginning of this day"),
    Parameter("after", Kind.REQUEST, "the page behind this request: `next` of the last page"),
    _LIMIT,
)
_kept = KeptView()
_directory = DirectoryReads(_kept)

READS: tuple[Read, ...] = (
    # --- requests ---
    # As new as the figures: moments behind the log.
    Read(
        "list-requests",
        "/v1/requests",
        EVERYBODY,
        requests.listed,
        Phrase("درخواست‌ها، تازه‌ترین نخست", "Requests, the newest first: a party's own, or all"),
        "requests list",
        _REQUESTS,
    ),
    Read(
        "show-request",
        "/v1/requests/{request_id}",
        EVERYBODY,
        requests.one,
        Phrase("یک درخواست: وضعیت، مهلت، کارمزد", "One request: state, deadlines, fee; its form to agency and office"),
        "office OFFICE show",
    ),
    # The entries of the party's own feed that are about it.
    Read(
        "show-history",
        "/v1/requests/{request_id}/history",
        EVERYBODY,
        requests.history,
        Phrase("آنچه از یک درخواست به هر طرف گفته شده", "What the party was told of one request, in order"),
        "feed",
    ),
    # Of the last days; it names other offices, so that parties of the request do not get it.
    Read(
        "show-explanation",
        "/v1/requests/{request_id}/explanation",
        WATCHERS,
        Explaining(_kept).explanation,
        Phrase("چرا به آن دفتر رفت", "Why a request went where it went, while its events are kept beside the log"),
        "explain",
    ),
    Read(
        "show-inbox",
        "/v1/inbox",
        (OFFICE,),
        requests.inbox,
        Phrase("کارتابل دفتر", "What the office has to do, to give back, and what it said that waits"),
        "office OFFICE inbox",
    ),
    Read(
        "list-waiting",
        "/v1/waiting",
        EVERYBODY,
        requests.waiting,
        Phrase("گفته‌های در انتظار", "What the party has said that waits: for whom, until when"),
        "agency AGENCY waiting",
    ),
    # --- what there is ---
    Read(
        "list-services",
        "/v1/services",
        EVERYBODY,
        _directory.services,
        Phrase("خدمت‌های جاری با فرم و تعرفه", "Services in force, with form and terms: an agency's own, or all"),
        "services list",
        (_AGENCY,),
    ),
    Read(
        "show-service",
        "/v1/services/{service}",
        EVERYBODY,
        _directory.service,
        Phrase("یک خدمت و همه نسخه‌هایش", "One service with all its versions"),
        "services show",
    ),
    Read(
        "list-agreements",
        "/v1/agreements",
        (AGENCY, *WATCHERS),
        _directory.agreements,
        Phrase("تفاهم‌نامه‌ها، تازه‌ترین نسخه", "Agreements in their newest versions: an agency's own, or all"),
        "agencies list",
        (_AGENCY,),
    ),
    Read(
        "show-agreement",
        "/v1/agreements/{agreement}",
        (AGENCY, *WATCHERS),
        _directory.agreement,
        Phrase("یک تفاهم‌نامه و همه نسخه‌هایش", "One agreement with all its versions"),
        "registry history agreement",
    ),
    Read(
        "list-cities",
        "/v1/cities",
        EVERYBODY,
        _directory.cities,
        Phrase("شهرها و آبادی‌ها", "Cities and villages where a citizen can be served"),
        "cities list",
        (Parameter("county", Kind.CODE, "only in this county"),),
    ),
    # To agencies and offices without money and operators.
    Read(
        "list-offices",
        "/v1/offices",
        EVERYBODY,
        _directory.offices,
        Phrase("دفترها", "Offices in force; money and operators to the directorate alone"),
        "offices list",
        (_CITY,),
    ),
    Read(
        "show-office",
        "/v1/offices/{office}",
        (OFFICE, *WATCHERS),
        _directory.office,
        Phrase("یک دفتر و خدمت‌هایش", "One office, and what it may deliver; an office its own"),
        "offices show",
    ),
    Read(
        "list-agencies",
        "/v1/agencies",
        WATCHERS,
        _directory.agencies,
        Phrase("دستگاه‌ها", "Agencies, and how many of their services can be asked for"),
        "agencies list",
    ),
    # --- money ---
    Read(
        "list-income",
        "/v1/income",
        (OFFICE, *WATCHERS),
        _directory.income,
        Phrase("درآمد این ماه در برابر انتظار", "Income of this Jalali month against expectation; an office its own"),
        "offices income",
        (_CITY,),
    ),
    Read(
        "list-balances",
        "/v1/ledger/balances",
        WATCHERS,
        operations.balances,
        Phrase("مانده حساب‌ها", "Every account's debits, credits and balance"),
        "ledger balances",
        (Parameter("prefix", Kind.TEXT, "only accounts that begin so, such as office:"),),
        calm=True,
    ),
    Read(
        "show-statement",
        "/v1/ledger/statements/{account}",
        EVERYBODY,
        operations.statement,
        Phrase("صورت‌حساب یک حساب در یک دوره", "One account in one settlement window; a party its own accounts"),
        "ledger statement",
        (Parameter("window", Kind.NUMBER, "the window's number", number_max=999_999_999, required=True),),
        calm=True,
    ),
    # --- what stands still ---
    Read(
        "list-parked",
        "/v1/parked",
        WATCHERS,
        operations.parked,
        Phrase("رویدادهای در انتظار", "Events that wait, the longest first"),
        "parked list",
        (_CONSUMER, _LIMIT),
    ),
    Read(
        "list-dead-letters",
        "/v1/dead-letters",
        WATCHERS,
        operations.letters,
        Phrase("رویدادهای کنارگذاشته", "Events that can never be applied, the newest first, without their bodies"),
        "dead-letters list",
        (_CONSUMER, _LIMIT),
    ),
    Read(
        "show-verdict",
        "/v1/reconciliation",
        WATCHERS,
        operations.verdict,
        Phrase("آخرین نتیجه مقایسه", "What the last reconciliation said"),
        "reconcile",
    ),
)
