"""Mutants of what somebody is told of what he has said: how a thing that waits, is old or is refused is taken."""

from tests.mutants.mutant import Mutant

OUTCOMES = "tests/unit/producers/test_outcomes.py"
STANDING = "tests/unit/consumers/requests/domain/test_standing.py"
USAGE = "tests/unit/deploy/terminal/test_usage.py"
CALENDAR = "tests/unit/connectors/words/test_calendar.py"
DESK = "tests/unit/consumers/requests/test_desk.py"
WORDS = "tests/unit/connectors/words/test_outcomes.py"

ANSWERING: tuple[Mutant, ...] = (
    Mutant(
        "a wait is told before the time is over",
        "producers/outcomes.py",
        "            if not (over or isinstance(outcome, Decided | SetAside)):\n",
        "            if not (over or outcome is not None):\n",
        (f"{OUTCOMES}::test_a_wait_is_told_when_the_time_is_over_and_a_decision_that_ends_it_goes_before",),
    ),
    Mutant(
        "a line that was accepted before is published again",
        "producers/lines.py",
        "        fresh += [] if again else [line.message]\n",
        "        fresh += [line.message]\n",
        (
            f"{OUTCOMES}::test_what_was_accepted_before_is_not_published_again_and_its_answer_is_looked_for_from_the_beginning",
        ),
    ),
    Mutant(
        "an answer that is kept no more is one that never came",
        "producers/outcomes.py",
        "found.get(claim, Forgotten() if claim[:2] in accepted else None)",
        "found.get(claim)",
        (f"{OUTCOMES}::test_asked_later_an_old_answer_is_told_apart_from_none",),
    ),
    Mutant(
        "a refusal of the registry is none",
        "producers/outcomes.py",
        "_REFUSALS = frozenset({ClaimRefused, RequestRefused, RegistryClaimRefused})\n",
        "_REFUSALS = frozenset({ClaimRefused, RequestRefused})\n",
        (f"{OUTCOMES}::test_what_refuses",),
    ),
    Mutant(
        "an office whose place is not known is one that there was not",
        "consumers/requests/domain/review/standing.py",
        "    if not lists:\n",
        "    if False:\n",
        (f"{STANDING}::test_without_lists_the_place_is_not_known_and_never_guessed",),
    ),
    Mutant(
        "what somebody writes is taken for a number",
        "deploy/terminal/usage.py",
        "if not word.isascii() and _CODE.fullmatch(word) else word",
        "if not word.isascii() else word",
        (f"{USAGE}::test_numbers_codes_and_options_are_read_in_any_digits_and_texts_are_left_alone",),
    ),
    Mutant(
        "English has the Jalali calendar",
        "connectors/words/calendar.py",
        "_jalali_day(local) if language is Language.FA else",
        "_jalali_day(local) if language in Language else",
        (f"{CALENDAR}::test_a_moment_has_the_calendar_of_its_language_and_tehrans_clock",),
    ),
    Mutant(
        "anybody works at any desk",
        "deploy/terminal/desk.py",
        "    if operators and typed not in operators:\n",
        "    if not typed:\n",
        ("tests/integration/deploy/test_terminal.py::test_an_operator_is_one_of_the_office",),
    ),
    Mutant(
        "what was collected is collected again",
        "consumers/requests/desk.py",
        "        return max(0, self.fee.office_collects_rial - self.state.collected_rial)\n",
        "        return self.fee.office_collects_rial\n",
        (f"{DESK}::test_what_was_collected_is_not_to_be_collected_again",),
    ),
    Mutant(
        "one table for the codes of all refusals",
        "connectors/words/refusals.py",
        "        case RegistryRefusal():\n            return REGISTRY_REFUSALS[reason]\n",
        "        case RegistryRefusal() if reason not in REFUSALS:\n            return REGISTRY_REFUSALS[reason]\n",
        (f"{WORDS}::test_the_same_code_of_two_enums_has_each_its_own_meaning",),
    ),
)
