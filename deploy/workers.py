"""The one declared table of workers: what `pishkhan worker NAME` runs and `pishkhan up` supervises."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One kind of worker. Its metrics and health are served on `settings.metrics_port + port_offset`, loopback."""

    name: str
    port_offset: int
    purpose: str


WORKERS: tuple[WorkerRow, ...] = (
    # Publishes what the others have committed; first, so that nothing waits for it.
    WorkerRow("relay", 0, "publishes the outbox to the logs, in order per key"),
    # Takes services, agreements, offices, policy and calendars in.
    WorkerRow("registry", 1, "accepts versions of everything known, under one revision"),
    # The truth about every request, and where it goes.
    WorkerRow("requests", 2, "decides what happens to each request, and routes it"),
    # The ledger.
    WorkerRow("settlement", 3, "folds the requests' log into the ledger"),
    # Figures for boards.
    WorkerRow("kpi", 4, "measures volume, waits and income (Faust)"),
)


def worker_names() -> tuple[str, ...]:
    """Return all names, in the order of the table."""
    return tuple(row.name for row in WORKERS)


def worker_row(name: str) -> WorkerRow:
    """Return the row of worker `name`. Raises `KeyError`, naming those there are, when there is none."""
    for row in WORKERS:
        if row.name == name:
            return row
    raise KeyError(f"no worker is called {name!r}; there are {', '.join(worker_names())}")
