"""What rows, panels and questions of the board say of themselves."""

from dataclasses import dataclass
from enum import StrEnum

RATE = "[$__rate_interval]"


class Shape(StrEnum):
    """How a panel shows its series."""

    STAT = "stat"
    TIME = "timeseries"


class Unit(StrEnum):
    """Grafana's own identifiers of units; rial has none of its own, so it is a number with `rial` behind it."""

    NUMBER = "short"
    RIAL = "suffix: rial"
    SECONDS = "s"
    BYTES = "bytes"
    PROCESSORS = "suffix: processors"
    PER_SECOND = "cps"
    PER_MINUTE = "cpm"


@dataclass(frozen=True, slots=True)
class Query:
    """One expression. `legend` names each series by its labels, as `{{label}}`, or is plain words for a single one."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel, `width` of 24 columns wide. `alerts` are anchors of the runbook's sections about what it shows."""

    title: str
    description: str
    unit: Unit
    queries: tuple[Query, ...]
    shape: Shape = Shape.TIME
    width: int = 8
    alerts: tuple[str, ...] = ()
    red_from: float | None = None  #: A value from here on is shown in red; none when no single number is bad.
    only_zero_is_good: bool = False  #: Negative values are shown in red, too.


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable of the board: the values of a label of a metric, several at a time, all at first."""

    name: str
    label: str
    metric: str
