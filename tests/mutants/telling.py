"""Mutants of what is told to whom, and under which number."""

from tests.mutants.mutant import Mutant

HANDLERS = "tests/unit/consumers/delivery/test_handlers.py"
TELLINGS = "tests/unit/consumers/delivery/domain/test_telling.py"
LETTERS = "tests/unit/consumers/test_letters_told.py"

TELLING: tuple[Mutant, ...] = (
    Mutant(
        "every entry of a batch gets the first number that was drawn",
        "consumers/delivery/batch.py",
        "            following[entry.feed] += 1\n",
        "",
        (f"{HANDLERS}::test_an_agency_with_a_topic_gets_the_same_entries_there_under_the_same_numbers",),
    ),
    Mutant(
        "an event that comes too early is told at once",
        "consumers/in_turn.py",
        "                self._order.wait(queue, arrival.sequence, _Waiting(arrival))\n",
        "                self._done(arrival)\n",
        (f"{HANDLERS}::test_an_event_beyond_a_gap_waits_and_whom_it_concerns_is_known_then",),
    ),
    Mutant(
        "an event without an order is told however often it comes in one batch",
        "consumers/delivery/batch.py",
        "            self._seen.add(arrival.event_id)\n",
        "",
        (f"{HANDLERS}::test_what_comes_twice_in_one_batch_is_told_once",),
    ),
    Mutant(
        "an office that has lost a request is told what becomes of it",
        "consumers/delivery/domain/whom.py",
        "            return known._replace(office=None)\n",
        "            return known\n",
        (f"{HANDLERS}::test_who_has_lost_a_request_is_not_told_of_it_any_more",),
    ),
    Mutant(
        "the code of a request at a desk is told to its agency",
        "consumers/delivery/domain/telling.py",
        '        data.pop("tracking_code", None)\n',
        "        pass\n",
        (f"{TELLINGS}::test_the_code_is_told_to_the_agency_that_submitted_and_to_nobody_else",),
    ),
    Mutant(
        "a letter is told to whom its source names, and not to the owner of its topic",
        "consumers/delivery/domain/whom.py",
        "    if place not in RESERVED_AGENCY_CODES:\n        return Concerned(_one(place))\n",
        "",
        (f"{TELLINGS}::test_a_letter_is_told_to_the_owner_of_its_topic",),
    ),
    Mutant(
        "a flood of letters is told whole",
        "consumers/letters_told.py",
        "        if told[topic] < allowed[topic].letters:\n",
        "        if told[topic] <= 10 * allowed[topic].letters:\n",
        (f"{LETTERS}::test_what_its_share_does_not_allow_is_left_out_and_letters_of_logs_are_nobodys",),
    ),
    Mutant(
        "a share of letters comes back whole at every moment",
        "consumers/letters_told.py",
        "max(0.0, owed_seconds)",
        "min(0.0, owed_seconds)",
        (f"{LETTERS}::test_in_the_days_that_letters_stay_no_more_are_told_than_may_stay",),
    ),
)
