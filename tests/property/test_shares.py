"""Whatever agencies submit and whatever ends: nobody takes what is kept for others, and masks say so, too."""

from hypothesis import given
from hypothesis import strategies as st

from consumers.requests.domain.loads.loads import Limit, Load, Loads, PositionChange
from consumers.requests.domain.loads.shares import AgencyShare, AgencyShares

AGENCIES = ("gas", "post", "water")
CODES = ("office-0", "office-1", "office-2")


@st.composite
def settings(draw: st.DrawFn) -> tuple[dict[str, Limit], AgencyShares]:
    """Some offices with random capacities, and how their places are shared."""
    limits = {
        code: Limit(number, draw(st.integers(1, 30)), 0) for number, code in enumerate(CODES[: draw(st.integers(1, 3))])
    }
    weights = draw(st.dictionaries(st.sampled_from(AGENCIES), st.integers(1, 5)))
    return limits, AgencyShares.among(AGENCIES, weights, draw(st.integers(0, 1000)))


#: Which agency (none: a desk) asks for a place where, and whether it is one that ends instead.
asked = st.lists(st.tuples(st.sampled_from((*AGENCIES, None)), st.integers(0, 2), st.booleans()), max_size=200)


def spent(agency: str, code: str, loads: Loads, limits: dict[str, Limit], shares: AgencyShares) -> bool:
    """Ask the rule about one office by itself."""
    capacity, load = limits[code].capacity, loads.of(code)
    return AgencyShare(agency, shares).spent(load.taken_by(agency), capacity - load.in_flight, capacity)


def change_of(agency: str | None, code: str, places: int) -> PositionChange:
    return PositionChange(code, places, steered=() if agency is None else ((agency, places),))


@given(settings(), asked)
def test_the_masks_say_what_the_rule_says_of_each_office(
    setting: tuple[dict[str, Limit], AgencyShares], steps: list[tuple[str | None, int, bool]]
) -> None:
    limits, shares = setting
    loads = Loads(0, {})
    for agency, number, ends in steps:
        code = CODES[number % len(limits)]
        taken = loads.of(code).in_flight if agency is None else loads.of(code).taken_by(agency)
        if not ends or taken > 0:
            loads.apply(change_of(agency, code, -1 if ends else 1))
        loads.masks(limits, shares)
    whole = Loads(0, {code: loads.of(code) for code in limits}).masks(limits, shares)
    for agency in AGENCIES:
        by_the_rule = sum(1 << limits[code].ordinal for code in limits if spent(agency, code, loads, limits, shares))
        assert loads.masks(limits, shares).spent(agency) == whole.spent(agency) == by_the_rule


@given(settings(), asked, st.sampled_from(AGENCIES))
def test_a_flood_leaves_an_agency_within_its_share_what_is_kept(
    setting: tuple[dict[str, Limit], AgencyShares], steps: list[tuple[str | None, int, bool]], flooding: str
) -> None:
    limits, shares = setting
    loads = Loads(0, {})
    steps = [(None if agency is None else flooding, number, ends) for agency, number, ends in steps]
    for agency, number, _ in [*steps, *((flooding, number, False) for number in range(3 * 40))]:
        code = CODES[number % len(limits)]
        if agency is not None and not spent(agency, code, loads, limits, shares):
            loads.apply(change_of(agency, code, 1))
    for code, limit in limits.items():
        taken = loads.of(code).taken_by(flooding)
        # What was taken beyond the share was borrowed of what is not kept.
        assert taken <= max(shares.places(flooding, limit.capacity), limit.capacity - shares.kept(limit.capacity))
        bystander = next(one for one in AGENCIES if one != flooding)
        assert not spent(bystander, code, loads, limits, shares)


@given(st.lists(st.tuples(st.sampled_from(AGENCIES), st.integers(-1, 1)), max_size=60))
def test_what_an_office_carries_is_what_its_changes_add_up_to(steps: list[tuple[str, int]]) -> None:
    load, counted = Load(0, 0, 0), dict.fromkeys(AGENCIES, 0)
    for agency, places in steps:
        if counted[agency] + places < 0 or not places:
            continue
        counted[agency] += places
        load = load.after(change_of(agency, "office-0", places))
    assert load.in_flight == sum(counted.values())
    assert load.steered == tuple(sorted((agency, places) for agency, places in counted.items() if places))
