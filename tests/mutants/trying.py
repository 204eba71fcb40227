"""Mutants of decisions, waits and figures, each put in once to see whether anybody notices."""

from tests.mutants.mutant import Mutant

DOMAIN = "tests/unit/consumers/requests/domain"
SAMPLING = f"{DOMAIN}/test_sampling.py"
DATING = "tests/unit/consumers/registry/test_dating.py"
FACTS = "tests/unit/consumers/kpi/domain/test_facts.py"
CONVERSATION = "tests/unit/producers/test_conversation.py"
RELAY = "tests/unit/producers/test_relay.py"
REGISTRY = "tests/unit/consumers/registry/test_handlers.py"
EXPOSURE = "tests/unit/consumers/settlement/domain/test_exposure.py"
WAITING = "tests/unit/consumers/requests/test_waiting.py"

TRYING: tuple[Mutant, ...] = (
    Mutant(
        "a request is held to the income of the month in which it is decided",
        "consumers/requests/domain/routing/route.py",
        "month_of(request.moment)",
        "month_of(request.now)",
        (f"{DOMAIN}/test_routing.py::test_the_month_is_that_of_the_request_and_not_of_deciding",),
    ),
    Mutant(
        "offices that are listed are drawn whatever their capacity",
        "consumers/requests/domain/routing/sampling.py",
        "accumulate(offices[place].office.daily_capacity for place in places)",
        "accumulate(1 for place in places)",
        (f"{SAMPLING}::test_offices_that_are_drawn_too_seldom_are_listed_and_drawn_in_proportion_to_capacity",),
    ),
    Mutant(
        "what waits for the registry goes when it has passed any of it",
        "consumers/requests/waiting.py",
        "    return all(registry.get(place",
        "    return any(registry.get(place",
        (f"{WAITING}::test_what_waits_for_the_registry_waits_until_it_has_passed_all_of_it",),
    ),
    Mutant(
        "one claim more than may wait for a request",
        "consumers/requests/fold.py",
        "        if case.waiting and case.waiting_now >= WAITING_MAX:\n            return",
        "        if case.waiting and case.waiting_now > WAITING_MAX:\n            return",
        (f"{WAITING}::test_so_many_claims_wait_for_a_request_and_one_more_is_refused",),
    ),
    Mutant(
        "a batch's places in its load revision begin with 1",
        "consumers/requests/messages.py",
        "in enumerate(decided):",
        "in enumerate(decided, 1):",
        (f"{WAITING}::test_events_of_a_batch_have_their_places_in_its_load_revision_from_0_on",),
    ),
    Mutant(
        "on a fast clock the registry gives claims up before others can have spoken",
        "consumers/registry/fold.py",
        "        return max(self._business(appended_at) + patience",
        "        return min(self._business(appended_at) + patience",
        (f"{DATING}::test_a_claim_waits_as_long_as_the_policy_says_and_a_minute_at_the_least",),
    ),
    Mutant(
        "figures rename a request's agency",
        "consumers/kpi/domain/facts.py",
        "agency=agency if fact.agency is None else fact.agency",
        "agency=agency or fact.agency",
        (f"{FACTS}::test_a_request_stays_with_the_agency_that_it_was_first_known_by",),
    ),
    Mutant(
        "two claims of one identity in one batch are both new",
        "consumers/intake.py",
        "            said[identity] = claim.words\n",
        "",
        ("tests/unit/consumers/test_intake.py::test_of_two_claims_of_one_identity_in_one_batch_the_first_is_new",),
    ),
    Mutant(
        "a citizen pays by the method of a line that the agency pays",
        "consumers/requests/domain/life/desk.py",
        "    lines = [line for line in fee.lines if line.payer is Payer.CITIZEN]\n",
        "    lines = list(fee.lines)\n",
        (f"{DOMAIN}/test_desk.py::test_a_line_that_the_agency_pays_lets_no_citizen_pay_by_its_method",),
    ),
    Mutant(
        "an id is known by its body alone",
        "producers/outcomes.py",
        "    if before.body_hash != body_hash(message.body) or not same_about:\n",
        "    if before.body_hash != body_hash(message.body):\n",
        (f"{CONVERSATION}::test_an_id_that_was_used_for_the_same_body_of_another_type_is_refused",),
    ),
    Mutant(
        "after a refusal the relay's batches stay small",
        "producers/relay.py",
        "            self._rows_max = min(self._pace.rows_max, 2 * self._rows_max)\n",
        "",
        (f"{RELAY}::test_after_a_refusal_batches_grow_again",),
    ),
    Mutant(
        "the relay forgets headers where it measures a row",
        "producers/relay.py",
        "len(row.key) + headers + RECORD_OVERHEAD_BYTES",
        "len(row.key) + RECORD_OVERHEAD_BYTES",
        (f"{RELAY}::test_headers_count_too",),
    ),
    Mutant(
        "the registry gives up what may still wait",
        "consumers/registry/handlers.py",
        "row.event.expires_at > now:\n                continue",
        "row.event.expires_at < now:\n                continue",
        (f"{REGISTRY}::test_what_never_arrives_is_waited_for_as_long_as_it_may_and_then_refused",),
    ),
    Mutant(
        "a refusal is no attempt",
        "consumers/requests/domain/review/gaps.py",
        "isinstance(event, RequestRouted | RequestRefused)",
        "isinstance(event, RequestRouted)",
        (f"{DOMAIN}/test_gaps.py::test_a_refusal_is_an_attempt_too",),
    ),
    Mutant(
        "what is due this very moment is not overdue in the inbox",
        "deploy/terminal/inbox.py",
        'style="red" if due is not None and due <= now else None',
        'style="red" if due is not None and due < now else None',
        ("tests/unit/deploy/terminal/test_inbox.py::test_what_is_due_this_very_moment_is_overdue",),
    ),
    Mutant(
        "a decision is made again without the registry's version that it saw",
        "consumers/requests/account.py",
        "    if complete_to <= decided.registry_revision:\n",
        "    if complete_to < decided.registry_revision:\n",
        ("tests/unit/consumers/requests/test_account.py::test_what_the_logs_lack_is_not_known",),
    ),
    Mutant(
        "an office with late cash is beyond its cap",
        "consumers/settlement/domain/audit.py",
        "office.reserved_rial > office.cap_rial + office.late_cash_rial",
        "office.reserved_rial > office.cap_rial",
        (f"{EXPOSURE}::test_an_office_owes_no_more_than_is_reserved_and_that_is_within_its_cap",),
    ),
)
