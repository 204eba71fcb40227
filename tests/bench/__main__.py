"""`make bench`: medians over runs taken in turn, as ratios to what stands beside each figure."""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.bench import benches
from tests.bench.bus import BenchBus, Usage, bench_bus
from tests.bench.corpus import held_and_posted, province, registry_log, submissions
from tests.bench.doors import doors

#: Figure, what stands beside it, and the ratio that the project asks of itself.
RATIOS = (
    ("routed/s", "bare loop/s", 0.45),
    ("settled/s", "COPY of the same rows/s", 0.3),
    ("settled/s", "bare loop/s", 0.45),
    ("through the bus/s", "Faust agent/s", 2.0),
)
#: The same of the gateway, which is measured when it is asked for (`--only doors`).
DOOR_RATIOS = (
    ("gateway/s", "FastAPI + sqlalchemy/s", 2.5),
    ("gateway/s", "FastAPI + aiokafka/s", 1.0),
    ("batched lines/s", "gateway/s", 8.0),
)
LIMITS = (("p50 ms", 25.0), ("p99 ms", 80.0))
NAMES = ("routed", "settled", "through", "latency")


def main() -> None:
    """Parse the command line, run the benches, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="requests per run (100000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, in turn (3)")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of a latency run (30)")
    parser.add_argument("--only", choices=(*NAMES, "doors"), nargs="*", default=NAMES, help="some of the benches")
    chosen = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="pishkhan-bench-") as folder:
        for name, measured in _run(Path(folder), chosen, console):
            console.print(_table(name, measured))


def _run(folder: Path, chosen: argparse.Namespace, console: Console) -> list[tuple[str, benches.Measured]]:
    read = province()
    registry = registry_log(read)
    results: list[tuple[str, benches.Measured]] = []

    def add(name: str, bench: Callable[[BenchBus], benches.Measured], bus: BenchBus) -> None:
        if name in chosen.only:
            with console.status(f"{name}: {chosen.runs} runs of {chosen.requests:,} requests"):
                results.append((name, bench(bus)))

    if "settled" in chosen.only:
        with bench_bus(folder / "ledger") as bus:
            bus.make_topics()
            bus.fill(held_and_posted(chosen.requests))
            add("settled", lambda bus: benches.settled(bus, registry, chosen.requests, chosen.runs), bus)
    if set(chosen.only) - {"settled"}:
        with bench_bus(folder / "requests") as bus:
            bus.make_topics()
            bus.fill(submissions(read, chosen.requests))
            add("routed", lambda bus: benches.routed(bus, registry, chosen.requests, chosen.runs), bus)
            add("through", lambda bus: benches.through(bus, registry, chosen.requests, chosen.runs), bus)
            add("doors", lambda bus: doors(bus, registry, min(chosen.seconds, 10.0), chosen.runs), bus)
            add("latency", lambda bus: benches.latency(bus, registry, read, chosen.seconds, chosen.runs), bus)
    return results


def _table(name: str, measured: benches.Measured) -> Table:
    table = Table("figure", "median", "runs", title=name, title_justify="left")
    medians = {figure: median(values) for figure, values in measured.figures.items()}
    for figure, values in measured.figures.items():
        table.add_row(figure, _number(medians[figure]), " ".join(_number(value) for value in values))
    for figure, beside, wanted in (*RATIOS, *DOOR_RATIOS):
        if figure in medians and beside in medians:
            pairs = zip(measured.figures[figure], measured.figures[beside], strict=True)
            ratio = median(ours / theirs for ours, theirs in pairs)
            table.add_row(f"{figure} to {beside}", f"{ratio:.2f}", f"wanted: at least {wanted}")
    for figure, limit in LIMITS:
        if figure in medians:
            table.add_row(f"{figure}, wanted", f"{limit:.0f}", "met" if medians[figure] <= limit else "missed")
    for process, usages in measured.usages.items():
        cpu_us = median(usage.cpu_us for usage in usages)
        table.add_row(f"{process}: CPU per request", f"{cpu_us:.0f} µs", _memory(usages))
    return table


def _memory(usages: Sequence[Usage]) -> str:
    largest = max(usages, key=lambda usage: usage.rss_mb)
    if not largest.rss_mb:
        return ""
    return f"largest RSS {largest.rss_mb:.0f} MB, half way {largest.rss_half_way_mb:.0f} MB"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


if __name__ == "__main__":
    main()
