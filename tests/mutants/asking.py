"""Mutants of the use cases of people: what is said, asked, shown and decided, and how it ends a command."""

from tests.mutants.mutant import Mutant

CONVERSATION = "tests/unit/producers/test_conversation.py"
ACCOUNT = "tests/unit/consumers/requests/test_account.py"
GAPS = "tests/unit/consumers/requests/domain/test_gaps.py"
ORDER = "tests/unit/consumers/test_in_order.py"
EXITS = "tests/unit/deploy/test_exits.py"
LANGUAGE = "tests/unit/connectors/words/test_language.py"
STATEMENT = "tests/unit/connectors/words/test_statement.py"
PEOPLE = "tests/contract/test_people.py"
OPERATORS = "tests/contract/test_operators.py"

ASKING: tuple[Mutant, ...] = (
    # How commands end.
    Mutant(
        "whatever could not be known is done",
        "deploy/exits.py",
        "    if code is not ExitCode.DONE:\n",
        "    if code not in (ExitCode.DONE, ExitCode.UNKNOWN):\n",
        (f"{EXITS}::test_every_code_ends_a_command_but_done",),
    ),
    Mutant(
        "a command ends only as its own row says",
        "deploy/exits.py",
        "    return tuple(sorted({*ALWAYS, *codes}))\n",
        "    return tuple(sorted(codes))\n",
        (f"{EXITS}::test_a_command_may_always_end_as_every_command_may",),
    ),
    Mutant(
        "an account that differs could not be known",
        "consumers/requests/domain/review/verify.py",
        "    if VerificationResult.DIFFERENT in findings:\n",
        "    if findings == {VerificationResult.DIFFERENT}:\n",
        (f"{GAPS}::test_in_all_it_is_the_same_only_when_something_was_recomputed_and_all_of_it_is",),
    ),
    # Conversations.
    Mutant(
        "a claim that waits is told before its answer",
        "producers/conversation.py",
        "            if events := self._answers.to(said):\n"
        "                return Answered(said, tuple(events))\n"
        "            waiting = self._answers.waiting(said)\n"
        "            if waiting is not None:\n"
        "                return Waits(said, waiting)\n",
        "            waiting = self._answers.waiting(said)\n"
        "            if waiting is not None:\n"
        "                return Waits(said, waiting)\n"
        "            if events := self._answers.to(said):\n"
        "                return Answered(said, tuple(events))\n",
        (f"{CONVERSATION}::test_an_answer_goes_before_what_waits",),
    ),
    Mutant(
        "a repetition is published again",
        "producers/conversation.py",
        "        if not known:\n            self._publisher.publish([message])\n",
        "        self._publisher.publish([message])\n",
        (f"{CONVERSATION}::test_a_repetition_is_not_published_again_and_has_the_outcome_of_the_first_time",),
    ),
    Mutant(
        "the answer of the first time is looked for after the repetition",
        "producers/conversation.py",
        "request_id, 0 if known else self._answers.newest())",
        "request_id, self._answers.newest())",
        (f"{CONVERSATION}::test_a_repetition_is_not_published_again_and_has_the_outcome_of_the_first_time",),
    ),
    Mutant(
        "what is kept is told to be lost",
        "producers/conversation.py",
        "        except AnswersUnavailable as error:\n            raise Unheard(str(error)) from error\n",
        "        except AnswersUnavailable:\n            raise\n",
        (f"{CONVERSATION}::test_a_broken_line_after_saying_means_that_it_is_kept",),
    ),
    Mutant(
        "the answer comes when the time is over",
        "producers/conversation.py",
        "            if self._monotonic() >= deadline:\n                return Unanswered(said)\n",
        "            if self._monotonic() > deadline + wait_seconds:\n                return Unanswered(said)\n",
        (f"{CONVERSATION}::test_nobody_answers_within_the_time[0.7]",),
    ),
    # Accounts of requests.
    Mutant(
        "a repaired log's second copy of an event counts",
        "consumers/requests/account.py",
        "                    found.setdefault(received.envelope.sequence, received)\n",
        "                    found[len(found)] = received\n",
        (f"{ACCOUNT}::test_records_that_come_twice_and_in_another_order_count_once",),
    ),
    Mutant(
        "a story with a gap is whole when nobody asked to verify it",
        "consumers/requests/account.py",
        "        whole = not (self.explanation.missing or self.verifications)\n",
        "        whole = True\n",
        (f"{ACCOUNT}::test_without_verification_a_story_with_a_gap_is_not_taken_for_the_whole",),
    ),
    Mutant(
        "a decision is made again without what came before it",
        "consumers/requests/account.py",
        "    before = next((gap for gap in gaps if gap.first < decided.sequence), None)\n",
        "    before = None\n",
        (f"{ACCOUNT}::test_what_the_logs_lack_is_not_known",),
    ),
    Mutant(
        "a request without its opening has an account",
        "consumers/requests/account.py",
        "        if not isinstance(history[0].event, RequestOpened):\n",
        "        if not history:\n",
        (f"{ACCOUNT}::test_an_account_that_cannot_be_given_says_why",),
    ),
    # Gaps, and the order of a subject's events.
    Mutant(
        "events that are lost at the end are not missed",
        "consumers/requests/domain/review/gaps.py",
        "    return [*gaps, Gap(due, due, attempt, at_end=True)] if undecided else gaps\n",
        "    return gaps\n",
        (f"{GAPS}::test_gaps_are_named_by_the_events_that_are_not_there",),
    ),
    Mutant(
        "one lost event is no gap",
        "consumers/requests/domain/review/gaps.py",
        "        if sequence > due:\n",
        "        if sequence > due + 1:\n",
        (f"{GAPS}::test_gaps_are_named_by_the_events_that_are_not_there",),
    ),
    Mutant(
        "a revision that is missing in the middle is there",
        "consumers/requests/domain/review/gaps.py",
        "    return next(number for number in range(1, len(known) + 2) if number not in known)\n",
        "    return max(known, default=0) + 1\n",
        (f"{GAPS}::test_the_first_missing_revision",),
    ),
    Mutant(
        "a place that was taken is taken again",
        "consumers/in_order.py",
        "        if sequence <= last or sequence in",
        "        if sequence < last or sequence in",
        (f"{ORDER}::test_what_was_taken_before_it_began_is_past",),
    ),
    Mutant(
        "a repaired log takes a subject back",
        "consumers/in_order.py",
        "        self.last[subject] = max(sequence, self.last.get(subject, 0))\n",
        "        self.last[subject] = sequence\n",
        (f"{ORDER}::test_a_lower_place_takes_nothing_back",),
    ),
    # Words.
    Mutant(
        "a phrase within a phrase is in English",
        "connectors/words/language.py",
        "        return value.of(language)\n    return figures",
        "        return value.en\n    return figures",
        (f"{LANGUAGE}::test_counts_are_in_the_figures_of_the_language_and_phrases_in_its_words",),
    ),
    Mutant(
        "text from outside is filled in",
        "connectors/words/language.py",
        "    return figures(value, language) if isinstance(value, int) else value\n",
        "    return figures(value, language) if isinstance(value, int) else value.format(count=1)\n",
        (f"{LANGUAGE}::test_text_from_outside_stays_as_it_is",),
    ),
    Mutant(
        "a statement says that who is owed owes",
        "connectors/words/statement.py",
        "    phrase = _OWES if closing_rial > 0 else _OWED\n",
        "    phrase = _OWED if closing_rial > 0 else _OWES\n",
        (f"{STATEMENT}::test_who_owes_whom_is_the_sign_of_the_balance",),
    ),
    # What people look for, at counters and in agencies.
    Mutant(
        "an office finds the requests of all",
        "connectors/database/requests/requests.py",
        "(%(office)s::text IS NULL OR office = %(office)s)",
        "(%(office)s::text IS NULL OR office IS NOT NULL)",
        (f"{PEOPLE}::test_a_request_is_found_by_the_beginning_of_its_id_among_ones_own[sql]",),
    ),
    Mutant(
        "of several requests the first is meant",
        "consumers/requests/finding.py",
        "    if len(found) > 1:\n",
        "    if len(found) > NAMED_MAX:\n",
        (f"{PEOPLE}::test_a_request_is_found_by_the_beginning_of_its_id_among_ones_own[memory]",),
    ),
    Mutant(
        "the beginning of a claim's id takes another one back",
        "consumers/requests/inbox.py",
        "    return [one for one in found if one.claim_id == typed] or found\n",
        "    return found\n",
        (f"{PEOPLE}::test_what_waits_is_named_by_the_beginning_of_its_id[memory]",),
    ),
    Mutant(
        "an inbox shows what others have said",
        "connectors/database/requests/waiting.py",
        "    return json.dumps([list(header) for header in headers])\n",
        "    return json.dumps([list(header) for header in headers[1:]])\n",
        (f"{PEOPLE}::test_an_inbox_holds_what_the_office_has_to_do_and_to_give_back[sql]",),
    ),
    Mutant(
        "a proposal is in force",
        "connectors/database/registry/entries.py",
        "    AND NOT (kind = 'agreement' AND body -> 'agreement' ->> 'state' = ANY(%s))\n",
        "    AND (%s::text[] IS NOT NULL)\n",
        (f"{PEOPLE}::test_what_the_registry_knew_at_any_time_and_revision[sql]",),
    ),
    # What operators decide.
    Mutant(
        "without a choice everything that failed is meant",
        "consumers/parked.py",
        "        if bool(self.ids) == self.failed:\n",
        "        if self.ids and self.failed:\n",
        (f"{OPERATORS}::test_what_an_operator_means_is_clear_or_refused",),
    ),
    Mutant(
        "what was not found was decided on",
        "consumers/parked.py",
        "sorted(set(chosen.ids) - set(found)))",
        "[])",
        (f"{OPERATORS}::test_a_decision_is_on_record_with_who_and_why_and_outlives_the_event[memory]",),
    ),
    Mutant(
        "a numbered event is given up, and its readers wait for ever",
        "connectors/database/publication/operator.py",
        " AND (%(action)s = 'retry' OR sequence IS NULL)\n",
        "\n",
        (f"{OPERATORS}::test_a_numbered_event_of_the_outbox_cannot_be_given_up[sql]",),
    ),
    Mutant(
        "a halt is passed wherever the consumer stands",
        "consumers/halted.py",
        "    shown = [line for line in here if line.position == position and",
        "    shown = [line for line in here if",
        (f"{OPERATORS}::test_only_what_a_consumer_still_stands_at_is_passed[memory]",),
    ),
    Mutant(
        "a full log of another program grows on",
        "deploy/engines/log_room.py",
        "    os.truncate(log, 0)\n",
        "",
        ("tests/unit/deploy/engines/test_log_room.py::test_a_full_log_makes_room_while_its_program_has_it_open",),
    ),
)
