"""Mutants of one truth per request, and caps."""

from tests.mutants.mutant import Mutant

SHARES = "tests/unit/consumers/requests/domain/test_shares.py"
RINGS = "tests/unit/consumers/requests/domain/test_rings.py"
SCENES = "tests/simulator/test_scenes.py"
DOMAIN = "tests/unit/consumers/requests/domain"
ROUTING = f"{DOMAIN}/test_routing.py"
ACTS = "tests/unit/consumers/requests/test_handlers.py"
LEDGER = "tests/unit/consumers/settlement/test_handlers.py"
REVERSAL = "tests/unit/consumers/settlement/domain/test_reversal.py"
LOCKS = "tests/contract/test_locks.py"
OFFICES = "tests/integration/connectors/database/test_office_positions.py"

INTAKE = "tests/unit/consumers/test_intake.py"
REGISTRY = "tests/unit/consumers/registry/domain/test_rules.py"

DECIDING: tuple[Mutant, ...] = (
    Mutant(
        "a service takes a code that another agency may want",
        "consumers/registry/domain/services.py",
        "        (_not_its_own(service.code, agency, known) if before is None else None)\n        or ends_too_early",
        "        ends_too_early",
        (f"{REGISTRY}::test_a_new_service_begins_with_its_owners_code",),
    ),
    Mutant(
        "of agencies whose codes begin alike the shorter one owns a service",
        "consumers/registry/domain/services.py",
        "key=len, default=None",
        "key=lambda name: -len(name), default=None",
        (f"{REGISTRY}::test_of_agencies_whose_codes_begin_alike_the_longest_owns_a_service",),
    ),
    Mutant(
        "what may not be accepted takes the id of an honest claim beside it",
        "consumers/intake.py",
        "            if letter := objection(claim):\n",
        "            if letter := objection(claim):\n                said[identity] = claim.words\n",
        (
            f"{INTAKE}::test_what_may_not_be_accepted_takes_no_id_from_an_honest_claim_of_its_batch",
            f"{SCENES}::test_what_is_said_about_something_else_takes_no_id_from_an_honest_claim_beside_it",
        ),
    ),
    Mutant(
        "free text with a national id is accepted",
        "consumers/intake.py",
        "    if told := revealed(event):\n",
        "    if told := None:\n",
        (f"{INTAKE}::test_a_national_id_in_clear_is_a_dead_letter_and_what_was_accepted_before_is_read",),
    ),
    Mutant(
        "an id with another type is taken for a repetition",
        "consumers/intake.py",
        '                found.append("type")\n',
        "                pass\n",
        ("tests/contract/test_claims.py::test_the_same_body_of_another_type_or_about_something_else_is_a_conflict",),
    ),
    Mutant(
        "cap check outside the lock: no worker asks for another one under it",
        "consumers/requests/handlers.py",
        "stores.positions.change(changes, fold.world.reserved_under_rial())",
        "stores.positions.change(changes, {})",
        (f"{SCENES}::test_two_workers_that_accept_for_one_office_at_once_keep_to_its_cap",),
    ),
    Mutant(
        "cap check outside the lock: the database compares no caps",
        "connectors/database/requests/office_positions.py",
        "        if changed != len(offices):\n",
        "        if changed > len(offices):\n",
        (f"{LOCKS}::test_what_others_reserve_after_the_loads_were_read_counts_against_the_cap[sql]",),
    ),
    Mutant(
        "cap check outside the lock: compared before others are shut out",
        "connectors/database/requests/office_positions.py",
        "        driver = driver_connection(self._connection)\n        ticked",
        "        driver = driver_connection(self._connection)\n"
        "        before = self.read()[1]\n"
        "        for office, cap_rial in caps_rial.items():\n"
        "            more_rial = sum(change.reserved_rial for change in changes if change.office == office)\n"
        "            if before[office].load.reserved_rial + more_rial > min(cap_rial, before[office].cap_rial):\n"
        "                raise Contention\n"
        "        caps_rial = {}\n        ticked",
        (f"{OFFICES}::test_the_caps_are_compared_after_the_wait_for_the_clock",),
    ),
    Mutant(
        "cap check outside the lock: decided on loads that were read once",
        "consumers/requests/handlers.py",
        "        revision, positions = stores.positions.read()\n",
        "        self._kept = getattr(self, '_kept', None) or stores.positions.read()\n"
        "        revision, positions = self._kept\n",
        (f"{SCENES}::test_two_workers_that_accept_for_one_office_at_once_keep_to_its_cap",),
    ),
    Mutant(
        "cap check against the cap that was read, though it is lower now",
        "connectors/database/requests/office_positions.py",
        "least(change.cap_rial, row.cap_rial)",
        "change.cap_rial",
        (f"{LOCKS}::test_nothing_is_reserved_beyond_a_cap_of_now_or_the_one_that_was_decided_under[sql]",),
    ),
    Mutant(
        "shares: what is kept for others is lent, too",
        "consumers/requests/domain/loads/shares.py",
        " and free <= self.shares.kept(capacity)",
        " and free <= 0",
        (f"{SHARES}::test_more_than_the_share_is_borrowed_while_more_is_free_than_kept",),
    ),
    Mutant(
        "shares: a request that times out keeps its agency's place",
        "consumers/requests/domain/life/opening.py",
        "        share_of=state.share_of,\n    )\n    return _route_again(state, timed_out",
        "    )\n    return _route_again(state, timed_out",
        (f"{SHARES}::test_what_nobody_accepts_frees_its_place_and_does_not_go_round_for_ever",),
    ),
    Mutant(
        "shares: whoever names an office is not asked for the share",
        "consumers/requests/domain/routing/eligibility.py",
        "    if share is not None and share.spent(",
        "    if asked.distance_matters and share is not None and share.spent(",
        (f"{SHARES}::test_naming_an_office_is_no_way_around",),
    ),
    Mutant(
        "rings: the draw leaves the ring that was chosen",
        "consumers/requests/domain/routing/sampling.py",
        "    rest &= cut.mask\n",
        "",
        (f"{RINGS}::test_the_draw_widens_only_when_too_little_is_free",),
    ),
    Mutant(
        "rings: one free place is room enough",
        "consumers/requests/domain/routing/rings.py",
        "_has(cut.places_needed, inside, free)",
        "_has(1, inside, free)",
        (f"{RINGS}::test_the_draw_widens_only_when_too_little_is_free",),
    ),
    Mutant(
        "rings: the free places are those of the first decision",
        "consumers/requests/domain/loads/loads.py",
        "        self.free[limit.ordinal] = limit.capacity - after.in_flight\n",
        "",
        (f"{RINGS}::test_free_places_follow_the_loads",),
    ),
    Mutant(
        "cap check that does not know what the batch itself has reserved",
        "consumers/requests/domain/life/world.py",
        "            self._loads.apply(change)\n",
        "            self._loads.apply(change._replace(reserved_rial=0))\n",
        (f"{SCENES}::test_two_acceptances_in_one_batch_keep_to_the_cap",),
    ),
    Mutant(
        "load clock that does not shut others out",
        "connectors/database/requests/office_positions.py",
        '_TICK = "UPDATE load_clock SET revision = revision + 1 WHERE id = 1 RETURNING revision"',
        '_TICK = "SELECT revision + 1 FROM load_clock WHERE id = 1"',
        (f"{LOCKS}::test_the_load_clock_lets_one_at_a_time_change_loads_and_all_others_read[sql]",),
    ),
    Mutant(
        "a request that is read and not locked",
        "connectors/database/requests/requests.py",
        "ANY(%s::uuid[]) ORDER BY request_id FOR UPDATE",
        "ANY(%s::uuid[]) ORDER BY request_id",
        (f"{LOCKS}::test_a_locked_request_is_waited_for_and_passed_over_by_those_who_never_wait[sql]",),
    ),
    Mutant(
        "identities that nobody keeps",
        "consumers/requests/handlers.py",
        "        stores.claims.record(screened.fresh)\n        fold = self._fold_of_claims(stores, screened.fresh)\n"
        "        self._hear(records)\n",
        "        fold = self._fold_of_claims(stores, screened.fresh)\n        self._hear(records)\n",
        (f"{SCENES}::test_a_worker_that_dies_after_its_commit_leaves_nothing_to_do_again",),
    ),
    Mutant(
        "claims of any size are accepted",
        "schemas/limits.py",
        "    if body_bytes > most:\n",
        "    if body_bytes > 10 * most:\n",
        ("tests/unit/schemas/test_limits.py::test_a_body_of_one_byte_more_than_the_limit_is_told_so_with_the_limit",),
    ),
    Mutant(
        "the ledger enters what it has entered",
        "consumers/in_order.py",
        "if sequence <= last or",
        "if sequence < last or",
        (f"{LEDGER}::test_events_that_come_again_are_skipped",),
    ),
    Mutant(
        "an act is remembered before its words are there",
        "consumers/requests/fold.py",
        "        self._log_act(claim, outcome.events)\n        if outcome.once is not None:\n"
        "            self._acts[outcome.once] = self.new_acts[outcome.once] = outcome.content\n",
        "        if outcome.once is not None:\n"
        "            self._acts[outcome.once] = self.new_acts[outcome.once] = outcome.content\n"
        "        self._log_act(claim, outcome.events)\n",
        (f"{ACTS}::test_an_act_whose_words_cannot_be_encoded_is_not_remembered_and_says_nothing",),
    ),
    Mutant(
        "an impossible fee hides who is over the cap",
        "consumers/requests/domain/routing/barred.py",
        "        capped |= grant.mask & masks.capped(exposure_rial or 0)\n",
        "        if exposure_rial is not None:\n            capped |= grant.mask & masks.capped(exposure_rial)\n",
        (f"{ROUTING}::test_an_office_over_its_cap_is_passed_over_even_when_the_form_makes_no_fee",),
    ),
    Mutant(
        "a collection above the fee is applied",
        "consumers/requests/domain/life/desk.py",
        "    if claim.amount_rial != due:\n",
        "    if claim.amount_rial < due:\n",
        (f"{DOMAIN}/test_desk.py::test_a_collection_must_be_the_tariffs",),
    ),
    Mutant(
        "a refund that forgets all earlier ones but the largest",
        "consumers/requests/domain/life/endings.py",
        "    left = citizen_total_rial(fee) - sum(state.refunds_rial)\n",
        "    left = citizen_total_rial(fee) - max(state.refunds_rial, default=0)\n",
        (f"{DOMAIN}/test_endings.py::test_every_earlier_refund_counts_against_what_the_citizen_paid",),
    ),
    Mutant(
        "a completed request that keeps its timer",
        "consumers/requests/domain/life/desk.py",
        "stage=RequestStage.COMPLETED, expires_at=None)",
        "stage=RequestStage.COMPLETED)",
        (f"{DOMAIN}/test_endings.py::test_a_request_that_ended_keeps_no_timer",),
    ),
    Mutant(
        "a percentage kept within its cap before its floor",
        "consumers/requests/domain/fees/tariff.py",
        "            share = max(share, rule.floor_rial)\n"
        "            return share if rule.cap_rial is None else min(share, rule.cap_rial)\n",
        "            share = share if rule.cap_rial is None else min(share, rule.cap_rial)\n"
        "            return max(share, rule.floor_rial)\n",
        (f"{DOMAIN}/test_tariff.py::test_rules_that_count_on_the_form",),
    ),
    Mutant(
        "a hashed row whose fields stand in another order",
        "consumers/settlement/domain/chain.py",
        "            _text(row.debit_account),\n            _text(row.credit_account),\n",
        "            _text(row.credit_account),\n            _text(row.debit_account),\n",
        ("tests/unit/consumers/settlement/domain/test_chain.py::test_the_layout_of_a_row_is_what_it_has_always_been",),
    ),
    Mutant(
        "what went back of an ordered refund goes back again",
        "consumers/requests/domain/life/desk.py",
        "claim.amount_rial > sum(state.refunds_rial) - state.returned_rial:",
        "claim.amount_rial > sum(state.refunds_rial):",
        (
            f"{DOMAIN}/test_endings.py::test_of_a_completed_request_goes_back_what_was_ordered_less_what_went_back_before",
        ),
    ),
    Mutant(
        "an approval counts for the next question, too",
        "consumers/requests/domain/life/desk.py",
        "stage=RequestStage.AGENCY_AWAITED, approved=False)",
        "stage=RequestStage.AGENCY_AWAITED)",
        (
            f"{DOMAIN}/test_endings.py::test_an_approval_counts_for_the_question_that_it_answers_and_not_for_the_next_one",
        ),
    ),
    Mutant(
        "a bank's reference counts once for all offices together",
        "consumers/requests/domain/acts.py",
        'ActKey("payment", f"{claim.office} {claim.reference}")',
        'ActKey("payment", claim.reference)',
        (f"{DOMAIN}/test_acts.py::test_a_banks_reference_counts_once_for_an_office_and_is_another_offices_own",),
    ),
    Mutant(
        "a fine is lifted as often as somebody says so",
        "consumers/requests/domain/acts.py",
        "    if key in known:\n        done",
        "    if key in known and key is imposed:\n        done",
        (f"{DOMAIN}/test_acts.py::test_a_fine_is_imposed_once_and_lifted_once",),
    ),
    Mutant(
        "a settlement window is left out",
        "consumers/requests/domain/acts.py",
        ' or (window > 1 and ActKey("window", str(window - 1)) not in known)',
        "",
        (f"{DOMAIN}/test_acts.py::test_windows_are_closed_one_after_the_other_and_once_each",),
    ),
    Mutant(
        "the account of an agency that nobody knows is corrected",
        "consumers/requests/domain/acts.py",
        "    return holder.agency is None or any(one.agency == holder.agency for one in snapshot.services.values())\n",
        "    return True\n",
        (f"{DOMAIN}/test_acts.py::test_only_accounts_of_offices_and_agencies_that_there_are_may_be_corrected",),
    ),
    Mutant(
        "of two deadlines the later one falls due",
        "consumers/requests/domain/life/state.py",
        "        return min(accept_by, expires_at)\n",
        "        return max(accept_by, expires_at)\n",
        (f"{DOMAIN}/test_deadlines.py::test_of_two_deadlines_the_earlier_one_falls_due",),
    ),
    Mutant(
        "a citizen's refund takes back what an agency paid",
        "consumers/settlement/domain/reversal.py",
        "        return 2\n",
        "        return 1\n",
        (
            f"{REVERSAL}::test_a_citizens_refund_takes_the_drawers_money_first_then_the_gateways_and_the_agencys_own_last",
        ),
    ),
)
