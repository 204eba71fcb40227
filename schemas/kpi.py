"""Key figures that the bus measures, re-published whenever late events change them."""

from enum import StrEnum

from schemas.base import Code, Count, Event, Instant


class Figure(StrEnum):
    """The figures of the first boards. The ratio is an office's income in a day over what is expected of a day."""

    VOLUME = "volume"
    COMPLETED = "completed"
    REFUSED = "refused"
    WAIT_P50_SECONDS = "wait_p50_seconds"
    WAIT_P99_SECONDS = "wait_p99_seconds"
    INCOME_RIAL = "income_rial"
    INCOME_TO_EXPECTED_RATIO = "income_to_expected_ratio"


class KeyKind(StrEnum):
    """What a figure is about."""

    OFFICE = "office"
    SERVICE = "service"
    AGENCY = "agency"
    COUNTY = "county"


#: What all names together are counted under that the registry does not know: anybody may name anything in a claim.
UNKNOWN_KEY = "unknown"
#: What a claim may name freely. Agencies own their topics, and counties come from the territory.
NAMED_IN_CLAIMS = frozenset({KeyKind.OFFICE, KeyKind.SERVICE})


class KpiMeasured(Event):
    """One figure of one key in one window of business time, `[window_from, window_to)`; a later one replaces it.

    The key is a code that the registry knows, or `unknown` for all others of its kind together.
    """

    figure: Figure
    key_kind: KeyKind
    key: Code
    window_from: Instant
    window_to: Instant
    value: float
    samples: Count
    rests_on_generated: bool
