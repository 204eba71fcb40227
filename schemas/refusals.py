"""Why a claim was refused, as the requests' log says it."""

from enum import StrEnum


class ClaimRefusal(StrEnum):
    """Why a claim on a request was refused."""

    NOT_THE_AGENCY = "not_the_agency"
    NOT_THE_OFFICE = "not_the_office"
    ALREADY_SUBMITTED = "already_submitted"
    STATE_FORBIDS = "state_forbids"
    REQUEST_ENDED = "request_ended"
    PREDECESSOR_NEVER_CAME = "predecessor_never_came"
    #: A step of the speaker's own must come first; the detail names the command.
    TOO_EARLY = "too_early"
    #: Its speaker took it back while it waited.
    WITHDRAWN = "withdrawn"
    #: A withdrawal that names no claim of its speaker's that waits.
    NOTHING_WAITS = "nothing_waits"
    TOO_MANY_WAIT = "too_many_wait"
    AMOUNT_DIFFERS = "amount_differs"
    METHOD_DIFFERS = "method_differs"
    NOTHING_TO_COLLECT = "nothing_to_collect"
    CAP_EXHAUSTED = "cap_exhausted"
    NOTHING_TO_RETURN = "nothing_to_return"
    MORE_THAN_POSTED = "more_than_posted"
    UNKNOWN_OFFICE = "unknown_office"
    WINDOW_NOT_OPEN = "window_not_open"
    ALREADY_IMPOSED = "already_imposed"
    ALREADY_PAID = "already_paid"
    UNKNOWN_FINE = "unknown_fine"
    UNKNOWN_ACCOUNT = "unknown_account"
