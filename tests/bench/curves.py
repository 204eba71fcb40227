"""What the policy's rings do to distances, waits and incomes on the demonstration's day: a table, one row per setting.

`python -m tests.bench.curves`. Each setting plays the same arrivals in memory (`simulated_day`), with several secrets
of the seeds, and the means of the figures count.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import fmean

from rich.console import Console
from rich.table import Table

from consumers.jalali import STANDARD_TIME
from deploy.commands.demo import NORTH_KHORASAN, OPENS, expected_rial, replay_of
from deploy.demo.order import day_order
from deploy.demo.steering import Steering, SteeringCount
from deploy.provinces.loader import Province, read_province
from schemas.agreements import AgreementState
from schemas.log_registry import RegistryEntry
from schemas.policy import Policy
from tests.bench.simulated_day import SimulatedDay
from tests.kit.values import builders

#: A working Saturday. The demonstration takes the last working day before today.
DAY = date(2026, 11, 28)
#: Rings so narrow that each holds one office or none: always the nearest that has a free place.
NEAREST = {"rings_m": tuple(range(50, 60_000, 50)), "ring_free_per_mille": 0}
#: The weights before there were rings, and income that counts so much that load hardly does.
OF_BEFORE = {"income_weight_per_mille": 300, "distance_weight_per_mille": 200}
FAR_APART = {"income_weight_per_mille": 100_000}


@dataclass(frozen=True, slots=True)
class Setting:
    """A name, and what is changed of the province's newest policy."""

    name: str
    changes: Mapping[str, object]


def settings() -> Iterator[Setting]:
    """Yield what is compared: both extremes, the policy as it is shipped, and settings around it."""
    yield Setting("all within the limit", {"rings_m": (), **OF_BEFORE})
    yield Setting("always the nearest with a free place", NEAREST)
    yield Setting("as shipped", {})
    for first_m in (5_000, 10_000, 12_000):
        rings_m = (first_m, *range(first_m + 2_000, 60_000, 2_000))
        for weights in (OF_BEFORE, {"distance_weight_per_mille": 0}, {**FAR_APART, "distance_weight_per_mille": 0}):
            yield Setting(f"{first_m // 1000} km, then every 2; {_told(weights)}", {"rings_m": rings_m, **weights})
    for step_m in (5_000, 10_000, 15_000):
        yield Setting(f"every {step_m // 1000} km", {"rings_m": tuple(range(step_m, 60_000, step_m))})
    for free in (0, 500):
        yield Setting(f"{free} ‰ free", {"ring_free_per_mille": free})


def _told(weights: Mapping[str, object]) -> str:
    return ", ".join(f"{name.removesuffix('_weight_per_mille')} {value}" for name, value in weights.items())


def play(province: Province, changes: Mapping[str, object], seed: int, requests: int, secret: bytes) -> Steering:
    """Return the figures of the demonstration's day under a changed policy."""
    order = day_order(province, seed, requests, replay_of(NORTH_KHORASAN), OPENS)
    counted = SteeringCount()
    opens_at = datetime.combine(DAY, OPENS, STANDARD_TIME).astimezone(UTC)
    SimulatedDay(order, registry(province, changes), opens_at, counted.learn, secret).play()
    return counted.figures(expected_rial(province))


def registry(province: Province, changes: Mapping[str, object]) -> list[RegistryEntry]:
    """Return the registry's log of `province`: agreements active, the newest policy changed (unchecked)."""
    active = [one.agreement.model_copy(update={"state": AgreementState.ACTIVE}) for one in province.agreements]
    newest: Policy = province.policies[-1].model_copy(update=dict(changes))
    things: list[builders.Registrable] = [*province.territories, newest, *province.calendars, *province.services]
    return builders.entries([*things, *active, *province.offices])


def main() -> None:
    """Parse the command line, play every setting, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.curves", description=__doc__)
    parser.add_argument("--seed", type=int, default=1405, help="of the day (1405)")
    parser.add_argument("--requests", type=int, default=3_000, help="generated requests (3000)")
    parser.add_argument("--runs", type=int, default=3, help="secrets per setting (3)")
    chosen = parser.parse_args()
    province = read_province(NORTH_KHORASAN)
    table = Table("setting", "agency: mean km", "median", "p95", "chosen: mean km", "wait p95 s", "Gini")
    console = Console(width=140)
    with console.status("") as status:
        for setting in settings():
            status.update(setting.name)
            secrets = [f"curves {run}".encode() for run in range(chosen.runs)]
            played = [play(province, setting.changes, chosen.seed, chosen.requests, one) for one in secrets]
            table.add_row(setting.name, *_cells(played))
            if not console.is_terminal:
                console.print(setting.name, *_cells(played))
    console.print(table)


def _cells(played: Sequence[Steering]) -> list[str]:
    km = [
        fmean(one.agency.mean_m for one in played) / 1000,
        fmean(one.agency.median_m for one in played) / 1000,
        fmean(one.agency.p95_m for one in played) / 1000,
        fmean(one.chosen.mean_m for one in played) / 1000,
    ]
    wait, gini = fmean(one.wait_p95_seconds for one in played), fmean(one.income_gini for one in played)
    return [*(f"{one:.1f}" for one in km), f"{wait:,.0f}", f"{gini:.3f}"]


if __name__ == "__main__":
    main()
