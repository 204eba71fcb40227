"""What an event is about: the subject of its envelope and the key of its Kafka message."""

from schemas import intake_agency as agency
from schemas import intake_directorate as directorate
from schemas.base import Event

_CODE_FIELDS = ("service", "agreement", "office", "policy", "calendar", "territory")


def subject_of(event: Event) -> str | None:
    """Return the request id, or the code of what the event is about; none for an act that only has its own id."""
    request_id = getattr(event, "request_id", None)
    if request_id is not None:
        return str(request_id)
    if isinstance(event, directorate.FineImposed | directorate.FineLifted):
        return str(event.fine_id)
    if isinstance(event, directorate.WindowCloseRequested):
        return f"window-{event.window}"
    if isinstance(event, agency.AgreementConfirmed | agency.AgreementVetoed | agency.AgreementPaused):
        return event.agreement
    for name in _CODE_FIELDS:
        value = getattr(event, name, None)
        if value is not None:
            return value if isinstance(value, str) else str(value.code)
    return None
