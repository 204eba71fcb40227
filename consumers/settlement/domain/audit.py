"""Checking the ledger from its rows alone: chains against what was kept, cuts and anchors, and exposure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from consumers.settlement.domain.chain import Chain, ChainBroken, Row, anchor, extend
from consumers.settlement.domain.windows import WindowCut


@dataclass(frozen=True, slots=True)
class OfficeExposure:
    """What one office owes under its cap by the ledger's rows, what is reserved for it, and the cap, in rial.

    Of what is reserved, `late_cash_rial` was taken after requests had ended and is not given back yet: no cap keeps an
    office from having that in its drawer.
    """

    office: str
    exposure_rial: int
    reserved_rial: int
    cap_rial: int
    late_cash_rial: int = 0


@dataclass(frozen=True, slots=True)
class Break:
    """One place where a partition's rows do not make what was kept; as text, the line for a person.

    `sound` is the last cut up to which they do; none: not even up to the first.
    """

    partition: int
    words: str
    sound: WindowCut | None

    def __str__(self) -> str:
        """Return the line for a person."""
        return f"partition {self.partition}: {self.words}"


def audit_chains(rows: Iterable[Row], kept: Mapping[int, Chain], cuts: Iterable[WindowCut]) -> Iterator[Break]:
    """Say where the rows' chains differ from the kept ends and the cuts; says nothing when all is well.

    `rows` are read once, ordered by partition and number, so they need not fit into memory. A chain tells that a row
    differs behind a cut, and not which: that takes the log.
    """
    cuts_of: dict[int, list[WindowCut]] = {}
    for cut in sorted(cuts, key=lambda cut: (cut.partition, cut.window)):
        cuts_of.setdefault(cut.partition, []).append(cut)
    seen = set()
    for partition, of_partition in groupby(rows, lambda row: row.partition):
        seen.add(partition)
        yield from _audit_partition(partition, of_partition, cuts_of.pop(partition, []), kept.get(partition, Chain()))
    for partition, chain in kept.items():
        if partition not in seen and chain.count:
            yield Break(partition, f"{chain.count} rows are kept in its chain, and none is in the ledger", None)
    for partition, left in cuts_of.items():
        if any(cut.chain.count for cut in left):
            yield Break(partition, "its windows were cut behind rows that are not in the ledger", None)


def audit_anchors(anchors: Mapping[int, bytes], cuts: Sequence[WindowCut]) -> Iterator[str]:
    """Say which closed windows' anchors are not those of their cuts."""
    for window, kept in sorted(anchors.items()):
        chains = [(cut.partition, cut.chain) for cut in cuts if cut.window == window]
        if anchor(chains) != kept:
            yield f"window {window}: its anchor is not that of the partitions' chains at its markers"


def audit_exposure(offices: Iterable[OfficeExposure]) -> Iterator[str]:
    """Say which offices owe more than is reserved for them, or have more reserved than their cap and late cash."""
    for office in offices:
        if office.exposure_rial > office.reserved_rial:
            yield (
                f"office {office.office}: owes {office.exposure_rial} rial under its cap, "
                f"but only {office.reserved_rial} are reserved"
            )
        if office.late_cash_rial < 0:
            yield f"office {office.office}: more late cash was given back than taken, by {-office.late_cash_rial} rial"
        if office.reserved_rial > office.cap_rial + office.late_cash_rial:
            reserved = f"office {office.office}: {office.reserved_rial} rial are reserved"
            late = f", and {office.late_cash_rial} are late cash" if office.late_cash_rial else ""
            yield f"{reserved}, its cap is {office.cap_rial}{late}"


def _audit_partition(partition: int, rows: Iterator[Row], cuts: Sequence[WindowCut], kept: Chain) -> Iterator[Break]:
    chain, sound, whole = Chain(), None, True
    try:
        for cut in cuts:
            chain = extend(chain, islice(rows, max(0, cut.chain.count - chain.count)))
            whole = whole and chain == cut.chain
            if chain != cut.chain:
                words = f"its chain at the end of window {cut.window} is not the one that was kept"
                yield Break(partition, words, sound)
            elif whole:
                sound = cut
        chain = extend(chain, rows)
    except ChainBroken as broken:
        yield Break(partition, f"row {broken.number} is not where the chain expects it", sound)
        return
    if chain != kept:
        words = f"its {chain.count} rows do not make the chain that was kept for {kept.count} rows"
        yield Break(partition, words, sound)
