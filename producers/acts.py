"""The one declared table of acts: everything that a party may say on intake, and by which names it says it.

The routes of the HTTP gateway, its OpenAPI document, the commands of the CLI and the page of acts go by this table, so
that an act is said in the same way everywhere. What each act is for is said in `connectors/words/acts.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from producers.access.parties import Scope
from producers.claims import ClaimInvalid
from schemas import intake_agency as agency
from schemas import intake_directorate as directorate
from schemas import intake_office as office
from schemas.base import Event
from schemas.speakers import SpeakerKind

_PARAMETER = re.compile(r"\{([a-z_]+)\}")
#: What is said with another value than its act says by itself, or about another thing than its path names.
_OTHERWISE = "says otherwise than {what}; leave it out"


class About(StrEnum):
    """What an act's path names; its members are the names of path parameters."""

    REQUEST = "request_id"
    CLAIM = "claim_id"
    SERVICE = "service"
    AGREEMENT = "agreement"
    OFFICE = "office"
    FINE = "fine_id"
    WINDOW = "window"
    POLICY = "policy"
    CALENDAR = "calendar"
    TERRITORY = "territory"


@dataclass(frozen=True, slots=True)
class Act:
    """One act: who says which event, and how it is called.

    `at` is where in the event stands what the path names, with dots; the field of the parameter's own name unless the
    row says another. `own` is where the event names its speaker: the door fills it in. `fixed` are the values that the
    act says by itself, and `made` the fields that a door makes when they are left out. `command` are the words of the
    CLI, the party's code left out: `("office", "accept")` is `pishkhan office CODE accept`.
    """

    name: str
    speaker: SpeakerKind
    event: type[Event]
    method: str
    path: str
    scope: Scope
    command: tuple[str, ...]
    at: str | None = None
    own: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict, hash=False)
    made: tuple[str, ...] = ()

    @property
    def about(self) -> About | None:
        """Return what the path names; none for an act whose path names nothing."""
        found = _PARAMETER.search(self.path)
        return None if found is None else About(found[1])

    @property
    def place(self) -> str | None:
        """Return where in the event stands what the path names, with dots; none when it names nothing."""
        return self.at if self.at is not None or self.about is None else self.about.value

    def said(self, given: Mapping[str, Any], own_code: str, named: str | None = None) -> dict[str, Any]:
        """Return the event's fields as JSON's values: those `given`, and what act, speaker and path say.

        `own_code` is the speaker's code, `named` what the path names. What is made (`made`) is left to the door.
        Raises `ClaimInvalid`, which names the field, when something given says otherwise.
        """
        fields = dict(given)
        for name, value in self.fixed.items():
            _fill(fields, name, value, f"the act {self.name}")
        if self.own is not None:
            _fill(fields, self.own, own_code, "the party that the key belongs to")
        if named is not None and self.place is not None:
            number = self.about is About.WINDOW and named.isascii() and named.isdigit() and len(named) < 20
            _fill(fields, self.place, int(named) if number else named, "the path")
        return fields


def _fill(fields: dict[str, Any], place: str, value: Any, what: str) -> None:
    *above, name = place.split(".")
    for part in above:
        below = fields.get(part, {})
        if not isinstance(below, Mapping):
            return  # The event's own parser says what is wrong with it.
        fields[part] = fields = dict(below)
    if name in fields and not _same(fields[name], value):
        raise ClaimInvalid(place, _OTHERWISE.format(what=what))
    fields.setdefault(name, value)


def _same(given: Any, value: Any) -> bool:
    if isinstance(given, str) and isinstance(value, str):
        # Ids may be spelled in upper case; a code may not, and is refused by its own pattern.
        return given.lower() == value.lower()
    return type(given) is type(value) and bool(given == value)


def _act(
    speaker: SpeakerKind,
    name: str,
    event: type[Event],
    request: str,
    scope: Scope,
    command: str,
    /,
    **more: Any,
) -> Act:
    method, path = request.split(" ")
    return Act(name, speaker, event, method, path, scope, (speaker.value, command), **more)


_agency, _office, _directorate = (partial(_act, speaker) for speaker in SpeakerKind)

AGENCY_ACTS: tuple[Act, ...] = (
    # A service's whole version; the code in the path is that of the service within.
    _agency(
        "publish-service",
        agency.ServicePublished,
        "PUT /v1/services/{service}",
        Scope.PUBLISH,
        "publish-service",
        at="service.code",
        own="service.agency",
    ),
    # With notice: from `valid_from` on.
    _agency(
        "withdraw-service",
        agency.ServiceWithdrawn,
        "POST /v1/services/{service}/withdraw",
        Scope.PUBLISH,
        "withdraw-service",
    ),
    # One citizen's case.
    _agency(
        "submit-request",
        agency.RequestSubmitted,
        "POST /v1/requests",
        Scope.SUBMIT,
        "submit",
        made=("request_id",),
    ),
    # What was collected falls due back to the citizen.
    _agency("cancel-request", agency.RequestCancelled, "POST /v1/requests/{request_id}/cancel", Scope.SUBMIT, "cancel"),
    # Approved, rejected, or more needed and which document.
    _agency("answer-request", agency.AgencyAnswered, "POST /v1/requests/{request_id}/answer", Scope.SUBMIT, "answer"),
    # Of what the agency said and what waits.
    _agency(
        "withdraw-claim",
        agency.ClaimWithdrawn,
        "POST /v1/claims/{claim_id}/withdraw",
        Scope.SUBMIT,
        "withdraw-claim",
    ),
    # A signed version becomes active on its date.
    _agency(
        "confirm-agreement",
        agency.AgreementConfirmed,
        "POST /v1/agreements/{agreement}/confirm",
        Scope.PUBLISH,
        "confirm",
    ),
    # A version that was put does not become active.
    _agency("veto-agreement", agency.AgreementVetoed, "POST /v1/agreements/{agreement}/veto", Scope.PUBLISH, "veto"),
    # Pausing and lifting the pause are one event and two acts.
    _agency(
        "pause-agreement",
        agency.AgreementPaused,
        "POST /v1/agreements/{agreement}/pause",
        Scope.PUBLISH,
        "pause",
        fixed={"paused": True},
    ),
    _agency(
        "resume-agreement",
        agency.AgreementPaused,
        "POST /v1/agreements/{agreement}/resume",
        Scope.PUBLISH,
        "resume",
        fixed={"paused": False},
    ),
)

OFFICE_ACTS: tuple[Act, ...] = (
    # A citizen at the desk, which must be open.
    _office(
        "submit-walk-in",
        agency.RequestSubmitted,
        "POST /v1/walk-ins",
        Scope.SUBMIT,
        "submit",
        own="office",
        fixed={"origin": agency.Origin.WALK_IN.value},
        made=("request_id",),
    ),
    # The fee is held, and the office's exposure reserved.
    _office("accept-request", office.RequestAccepted, "POST /v1/requests/{request_id}/accept", Scope.DESK, "accept"),
    # It is routed again without this office.
    _office("decline-request", office.RequestDeclined, "POST /v1/requests/{request_id}/decline", Scope.DESK, "decline"),
    # Cash is a fact: it makes the office's debt.
    _office("collect-fee", office.FeeCollected, "POST /v1/requests/{request_id}/collect", Scope.DESK, "collect"),
    # Money that was due back to the citizen.
    _office("return-fee", office.FeeReturned, "POST /v1/requests/{request_id}/return", Scope.DESK, "return"),
    # The work begins.
    _office("start-service", office.ServiceStarted, "POST /v1/requests/{request_id}/start", Scope.DESK, "start"),
    # The agency's answer ends the wait.
    _office("await-agency", office.AgencyAwaited, "POST /v1/requests/{request_id}/await-agency", Scope.DESK, "await"),
    # The request is complete, and its fee posted.
    _office(
        "deliver-service", office.ServiceDelivered, "POST /v1/requests/{request_id}/deliver", Scope.DESK, "deliver"
    ),
    # Of what the office said and what waits.
    _office(
        "withdraw-claim", agency.ClaimWithdrawn, "POST /v1/claims/{claim_id}/withdraw", Scope.DESK, "withdraw-claim"
    ),
)

DIRECTORATE_ACTS: tuple[Act, ...] = (
    # The first version of an office.
    _directorate("license-office", directorate.OfficeLicensed, "POST /v1/offices", Scope.GOVERN, "license-office"),
    # Its next one.
    _directorate(
        "change-office",
        directorate.OfficeChanged,
        "PUT /v1/offices/{office}",
        Scope.GOVERN,
        "change-office",
        at="office.code",
    ),
    # By a decision of the working group.
    _directorate(
        "suspend-office",
        directorate.OfficeSuspended,
        "POST /v1/offices/{office}/suspend",
        Scope.GOVERN,
        "suspend-office",
    ),
    # A signed version waits for its agency's confirmation.
    _directorate(
        "change-agreement",
        directorate.AgreementChanged,
        "PUT /v1/agreements/{agreement}",
        Scope.GOVERN,
        "change-agreement",
        at="agreement.code",
    ),
    # Of several policies the one counts that began last.
    _directorate(
        "change-policy",
        directorate.PolicyChanged,
        "PUT /v1/policies/{policy}",
        Scope.GOVERN,
        "change-policy",
        at="policy.code",
    ),
    # Whom it binds is said within it.
    _directorate(
        "change-calendar",
        directorate.CalendarChanged,
        "PUT /v1/calendars/{calendar}",
        Scope.GOVERN,
        "change-calendar",
        at="calendar.code",
    ),
    # The whole of it, with every city.
    _directorate(
        "change-territory",
        directorate.TerritoryChanged,
        "PUT /v1/territories/{territory}",
        Scope.GOVERN,
        "change-territory",
        at="territory.code",
    ),
    # A line of the settlement account, under the bank's reference: a bank's day is a batch of these.
    _directorate("record-payment", directorate.OfficePaid, "POST /v1/payments", Scope.MONEY, "pay"),
    # Up to what was posted.
    _directorate(
        "refund-request", directorate.RefundOrdered, "POST /v1/requests/{request_id}/refund", Scope.MONEY, "refund"
    ),
    # One transfer between two accounts of the ledger.
    _directorate("order-correction", directorate.CorrectionOrdered, "POST /v1/corrections", Scope.MONEY, "correct"),
    # By a decision of the working group.
    _directorate("impose-fine", directorate.FineImposed, "POST /v1/fines", Scope.MONEY, "fine", made=("fine_id",)),
    # After an appeal.
    _directorate("lift-fine", directorate.FineLifted, "POST /v1/fines/{fine_id}/lift", Scope.MONEY, "lift-fine"),
    # Its legs stay out of settlement runs until the dispute is resolved.
    _directorate(
        "open-dispute", directorate.DisputeOpened, "POST /v1/requests/{request_id}/dispute", Scope.MONEY, "dispute"
    ),
    # Money moves by a refund or a correction of its own.
    _directorate(
        "resolve-dispute",
        directorate.DisputeResolved,
        "POST /v1/requests/{request_id}/resolve-dispute",
        Scope.MONEY,
        "resolve",
    ),
    # By its number, so that a repetition closes no other one.
    _directorate(
        "close-window",
        directorate.WindowCloseRequested,
        "POST /v1/windows/{window}/close",
        Scope.MONEY,
        "close-window",
    ),
    # Of what the directorate said of a request and what waits.
    _directorate(
        "withdraw-claim",
        agency.ClaimWithdrawn,
        "POST /v1/claims/{claim_id}/withdraw",
        Scope.MONEY,
        "withdraw-claim",
    ),
)

ACTS: tuple[Act, ...] = AGENCY_ACTS + OFFICE_ACTS + DIRECTORATE_ACTS
_BY_NAME: Mapping[tuple[SpeakerKind, str], Act] = {(act.speaker, act.name): act for act in ACTS}


def act_named(speaker: SpeakerKind, name: str) -> Act | None:
    """Return the act that `speaker` calls so; none when it has no such act."""
    return _BY_NAME.get((speaker, name))


def act_of(speaker: SpeakerKind, name: str) -> Act:
    """Return the act that `speaker` calls so, for whoever knows that there is one."""
    return _BY_NAME[speaker, name]
