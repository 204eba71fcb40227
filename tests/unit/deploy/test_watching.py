"""Whoever started the bus reads who waits for what since when, once, and when all is well again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from connectors.telemetry.standing import Halt, Standing
from deploy.running.watching import Watch

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
READY = Standing()


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def away(since: datetime = NOON) -> Standing:
    return Standing("broker_unavailable", since)


def looks(watch: Watch, *standings: tuple[float, Standing | None, Standing | None]) -> Sequence[list[str]]:
    """Return what is said at each look: after so many seconds relay and settlement stand so."""
    looked = (watch.look({"relay": relay, "settlement": other}, later(seconds)) for seconds, relay, other in standings)
    return [[told.en for told in lines] for lines in looked]


def test_who_waits_is_said_once_and_so_is_the_end() -> None:
    said = looks(
        Watch(),
        (0, READY, READY),
        (4, away(), READY),
        (6, away(), READY),
        (8, away(), away(later(5))),
        (10, READY, away(later(5))),
        (12, READY, READY),
        (14, READY, READY),
    )
    assert said == [
        [],
        ["relay: not ready since 12:00:00 UTC, the broker does not answer"],
        [],
        ["relay, settlement: not ready since 12:00:00 UTC, the broker does not answer"],
        [],
        ["every worker is ready again, after 12 s; what was kept is processed now"],
        [],
    ]


def test_moments_of_waiting_are_not_worth_a_line() -> None:
    assert not any(looks(Watch(), (1, away(), None), (2, away(), None), (3, READY, READY)))


def test_who_waits_for_something_else_is_said_anew() -> None:
    database = Standing("database_unavailable", later(9))
    assert looks(Watch(), (5, away(), READY), (15, database, READY))[1] == [
        "relay: not ready since 12:00:09 UTC, the database does not answer"
    ]


def test_one_that_does_not_answer_is_said_with_the_first_time_that_it_did_not() -> None:
    said = looks(Watch(), (0, READY, READY), (2, READY, None), (4, READY, None), (6, READY, None), (8, READY, READY))
    assert said[3] == ["settlement: not ready since 12:00:02 UTC, it does not answer"]
    assert said[4] == ["every worker is ready again, after 6 s; what was kept is processed now"]


def test_a_halt_is_said_once_with_what_to_do_however_often_it_is_tried_in_vain() -> None:
    halted = Standing(halts=(Halt("log", 3, "failed_in_a_row", NOON),))
    said = looks(Watch(), (0, READY, halted), (30, READY, READY), (31, READY, halted))
    assert len(said[0]) == 1
    assert said[0][0].startswith("settlement has halted log/3: failed_in_a_row; the code is at fault")
    assert said[1:] == [[], []]


def test_what_a_partition_halted_at_and_how_it_is_passed_is_said() -> None:
    halt = Halt("intake", 1, "unreadable", NOON, "at positions 5 to 9: its checksum is wrong: it is damaged")
    [line] = looks(Watch(), (0, READY, Standing(halts=(halt,))))[0]
    assert "settlement has halted intake/1: unreadable, at positions 5 to 9: its checksum is wrong" in line
    assert "pishkhan repair pass" in line


def test_what_changes_is_told_in_persian_too() -> None:
    halted = Standing("broker_unavailable", NOON, (Halt("log", 3, "failed_in_a_row", NOON),))
    told = Watch().look({"relay": halted}, later(5))
    assert [line.fa for line in told] == [
        "relay: از ساعت 12:00:00 UTC آماده نیست، کارگزار پیام پاسخ نمی‌دهد",
        (
            "relay در log/3 ایستاده است: failed_in_a_row؛ خطا از برنامه است: نسخه‌ای بی آن خطا را به کار اندازید، "
            "خودش از سر می‌گیرد"
        ),
    ]
