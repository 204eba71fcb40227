"""What offices have earned in the month so far, against what is expected of it: the figure that they live by.

The use case of everybody who asks, at a terminal, over HTTP or on a page: values in, values out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consumers.jalali import STANDARD_TIME, JalaliDay, gregorian_day, jalali_day, month_of
from consumers.requests.domain.loads.loads import Load
from consumers.requests.domain.registry.snapshot import OfficeFacts

_MONTHS = 12
_PER_MILLE = 1000


@dataclass(frozen=True, slots=True)
class Month:
    """A Jalali month as of one of its days: that day counts, so a month of 30 days has `gone` 1 to 30."""

    year: int
    month: int
    gone: int
    days: int


@dataclass(frozen=True, slots=True)
class OfficeIncome:
    """One office's part of the fees that were posted in a month, less what was given back, in rial.

    `expected_rial` is of the whole month, as its licence's plan says.
    """

    facts: OfficeFacts
    income_rial: int
    expected_rial: int
    month: Month

    @property
    def expected_so_far_rial(self) -> int:
        """The part of the expectation that falls on the days gone, rounded down."""
        return self.expected_rial * self.month.gone // self.month.days

    @property
    def reached_per_mille(self) -> int | None:
        """How much of what is expected so far was earned, rounded down; none when nothing is expected."""
        so_far_rial = self.expected_so_far_rial
        return self.income_rial * _PER_MILLE // so_far_rial if so_far_rial else None


def jalali_month(moment: datetime) -> Month:
    """Return the month of `moment`, an aware time, as of its day in Iran."""
    day = jalali_day(moment.astimezone(STANDARD_TIME).date())
    first = gregorian_day(day.year, day.month, 1)
    following = JalaliDay(day.year + day.month // _MONTHS, day.month % _MONTHS + 1, 1)
    return Month(day.year, day.month, day.day, (gregorian_day(*following) - first) // timedelta(days=1))


def incomes_of(offices: Sequence[OfficeFacts], loads: Mapping[str, Load], moment: datetime) -> list[OfficeIncome]:
    """Return the incomes of the month of `moment`, who has reached least of the expectation first, ties by code."""
    month, number = jalali_month(moment), month_of(moment)
    found = [
        OfficeIncome(
            facts,
            loads[facts.office.code].income_in(number) if facts.office.code in loads else 0,
            facts.office.expected_monthly_income_rial,
            month,
        )
        for facts in offices
    ]
    return sorted(found, key=lambda one: (one.reached_per_mille is None, one.reached_per_mille, one.facts.office.code))
