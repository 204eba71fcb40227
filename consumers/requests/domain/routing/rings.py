"""How far out to look: the nearest ring whose candidates have enough free places, and only then the next one."""

from collections.abc import Sequence

from consumers.requests.domain.routing.candidates import Ring, RingCut


def nearest_with_room(ring: Ring, rest: int, free: Sequence[int]) -> RingCut:
    """Return the nearest cut of `ring` in which the offices of the set `rest`, not empty, have enough free places.

    `free` are the free places of every office by its ordinal. The last cut is taken whatever is free there.
    """
    for cut in ring.cuts[:-1]:
        inside = rest & cut.mask
        if inside and _has(cut.places_needed, inside, free):
            return cut
    return ring.cuts[-1]


def _has(places: int, inside: int, free: Sequence[int]) -> bool:
    """Say whether `inside` has that many free places; looks at no more offices than it takes to know."""
    while inside:
        lowest = inside & -inside
        places -= free[lowest.bit_length() - 1]
        if places <= 0:
            return True
        inside ^= lowest
    return False
