"""Which day is played, and that the real log beside it keeps its own times."""

from datetime import date, time
from pathlib import Path

from deploy.demo.order import announcement, day_order, last_working_day, replayed_arrivals
from deploy.demo.plan import DAY_SECONDS
from deploy.operations.replay.reading import Replay, load_mapping, read_log
from deploy.provinces.loader import Province, read_province

FOLDER = Path(__file__).parents[4] / "deploy" / "provinces" / "north_khorasan"
OPENS = time(7, 30)


def province() -> Province:
    return read_province(FOLDER)


def replay() -> Replay:
    (log,) = (FOLDER / "replay").glob("*.csv.gz")
    return read_log(log, load_mapping(FOLDER / "replay" / "boston_311_2011.yaml"))


def test_the_day_played_is_never_a_weekend_nor_a_holiday() -> None:
    # Saturday 28 November 2026: the day before is Friday, the one before Thursday.
    assert last_working_day(province(), date(2026, 11, 28)) == date(2026, 11, 25)
    # After Nowruz 1405 (21 to 24 March 2026, and the days around it).
    assert last_working_day(province(), date(2026, 3, 25)) < date(2026, 3, 20)


def test_the_real_log_arrives_within_the_day_and_says_what_became_of_its_rows() -> None:
    order = day_order(province(), seed=1, requests=50, replay=replay(), opens=OPENS)
    real = replayed_arrivals(replay(), OPENS)
    assert len(order.arrivals) == 50 + len(real)
    assert len(real) > 100
    assert all(0 <= arrival.at_seconds <= DAY_SECONDS for arrival in order.arrivals)
    assert [arrival.at_seconds for arrival in order.arrivals] == sorted(
        arrival.at_seconds for arrival in order.arrivals
    )
    assert any("are left out" in line.en for line in order.told)


def test_a_day_without_a_real_log_tells_nothing() -> None:
    assert day_order(province(), seed=1, requests=5, replay=None, opens=OPENS).told == ()


def test_what_is_about_to_be_played_is_said_with_the_day_in_both_calendars() -> None:
    said = announcement(province(), date(2026, 11, 25), 3_000, 60.0, replay=True)
    assert said.en == (
        "About to be played: North Khorasan on 1405/09/04 (2026-11-25), six hours in 60 s, with 3,000 generated "
        "requests, and beside them the busiest day of a real log, which is read first."
    )
    alone = announcement(province(), date(2026, 11, 25), 5, 60.0, replay=False)
    assert alone.en.endswith("with 5 generated requests.")
