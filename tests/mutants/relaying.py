"""Mutants of what leaves the outbox, once it is acknowledged."""

from tests.mutants.mutant import Mutant

SCENES = "tests/simulator/test_scenes.py"
ONE_FAULT = "tests/simulator/test_one_fault.py"
RELAY = "tests/unit/producers/test_relay.py"
PRODUCER = "tests/unit/connectors/broker/test_log_producer.py"
OUTBOX = "tests/contract/test_outbox.py"

LETTING_GO = "tests/contract/test_letting_go.py"
LETTERS_SQL = "connectors/database/migrations/versions/letters_let_go_0013.py"
HARMS = "tests/integration/deploy/test_reconcile_harms.py"
CLAIMS = "tests/unit/consumers/reconciliation/domain/test_judge_claims.py"

RELAYING: tuple[Mutant, ...] = (
    Mutant(
        "a flood of dead letters pushes out those of others",
        LETTERS_SQL,
        "least(most_topic_rows, level.rows)",
        "least(most_topic_rows, floor(most_rows / nullif((SELECT count(*) FROM kept), 0)))",
        (f"{LETTING_GO}::test_a_flood_takes_no_room_from_whoever_has_less[sql-7-left0]",),
    ),
    Mutant(
        "dead letters are let go without a count",
        LETTERS_SQL,
        "letters = before.letters + excluded.letters",
        "letters = excluded.letters",
        (f"{LETTING_GO}::test_the_oldest_of_a_topic_go_and_are_counted_with_the_place_of_the_last[sql]",),
    ),
    Mutant(
        "a record whose dead letter was let go counts as skipped",
        "consumers/reconciliation/domain/outcome.py",
        "        return ClaimOutcome.DEAD_LETTERED if claim.let_go else ClaimOutcome.SKIPPED\n",
        "        return ClaimOutcome.SKIPPED\n",
        (f"{CLAIMS}::test_every_claim_has_an_outcome",),
    ),
    Mutant(
        "a record before a letter that was let go is never called skipped",
        "connectors/database/reconciliation/queries.py",
        "    coalesce(ranked.position <= gone.up_to AND (NOT acceptable OR conflicting), false),\n",
        "    coalesce(ranked.position <= gone.up_to, false),\n",
        (f"{HARMS}::test_a_record_whose_letter_was_let_go_is_not_skipped_and_a_good_claim_beside_it_is",),
    ),
    Mutant(
        "relay by 'id > last', in the relay",
        "producers/relay.py",
        "        found = outbox.unpublished(self._rows_max, self._missing | self._cut)\n",
        "        last = getattr(self, 'last', 0)\n"
        "        found = outbox.unpublished(self._rows_max, self._missing | self._cut)\n"
        "        found = [row for row in found if row.id > last]\n"
        "        self.last = max([last, *(row.id for row in found)])\n",
        (
            f"{SCENES}::test_what_is_committed_late_with_small_ids_is_published_all_the_same",
            "tests/unit/producers/test_relay.py::test_a_row_that_was_committed_late_with_a_small_id_is_not_passed_over",
        ),
    ),
    Mutant(
        "relay by 'id > last', in SQL",
        "connectors/database/publication/relay.py",
        "published_at IS NULL AND topic",
        "published_at IS NULL AND id > coalesce((SELECT max(id) FROM outbox WHERE published_at IS NOT NULL), 0) "
        "AND topic",
        (f"{OUTBOX}::test_a_row_that_is_committed_late_with_a_small_id_still_comes[sql]",),
    ),
    Mutant(
        "relay by 'id > last', remembered beside the SQL",
        "connectors/database/publication/relay.py",
        "            return [_row(*row) for row in self._connection.execute(_UNPUBLISHED, parameters, binary=True)]\n",
        "            rows = [_row(*row) for row in self._connection.execute(_UNPUBLISHED, parameters, binary=True)]\n"
        "            last, self._last = getattr(self, '_last', 0), max([0, *(row.id for row in rows)])\n"
        "            return [row for row in rows if row.id > last]\n",
        (f"{OUTBOX}::test_a_row_that_is_committed_late_with_a_small_id_still_comes[sql]",),
    ),
    Mutant(
        "a relay that notes all up to the last id",
        "connectors/database/publication/relay.py",
        "WHERE id = ANY (%s::bigint[]) AND created_at",
        "WHERE id <= (SELECT max(id) FROM unnest(%s::bigint[]) AS id) AND created_at",
        (f"{OUTBOX}::test_only_what_was_published_is_noted[sql]",),
    ),
    Mutant(
        "a relay that never sees that a log lost its tail",
        "producers/relay.py",
        "    return frozenset(place[0] for place, end in ends.items() if end < passed[place])\n",
        "    return frozenset(place[0] for place, end in ends.items() if end > passed[place] < 0)\n",
        (f"{RELAY}::test_nothing_is_appended_to_a_topic_that_lost_its_tail",),
    ),
    Mutant(
        "a relay that waits for no acknowledgement",
        "producers/relay.py",
        "            log.send(rows)()\n",
        "            log.send(rows)\n",
        (
            f"{RELAY}::test_an_unacknowledged_batch_goes_again_whole_with_a_new_producer",
            f"{ONE_FAULT}::test_a_relay_that_never_hears_from_the_broker_publishes_nothing_out_of_order[1]",
        ),
    ),
    Mutant(
        "swallowed future: the relay passes over it",
        "producers/relay.py",
        "            log.send(rows)()\n",
        "            try:\n                log.send(rows)()\n"
        "            except LogUnavailable:\n                pass\n",
        (
            f"{RELAY}::test_an_unacknowledged_batch_goes_again_whole_with_a_new_producer",
            f"{ONE_FAULT}::test_a_relay_that_never_hears_from_the_broker_publishes_nothing_out_of_order[1]",
        ),
    ),
    Mutant(
        "swallowed future: noted before it is heard of",
        "producers/relay.py",
        "            log.send(rows)()\n        except RowsRefused as error:\n",
        "            wait = log.send(rows)\n            outbox.published(rows)\n            wait()\n"
        "        except RowsRefused as error:\n",
        (f"{RELAY}::test_an_unacknowledged_batch_goes_again_whole_with_a_new_producer",),
    ),
    Mutant(
        "swallowed future: the failed producer goes on",
        "producers/relay.py",
        "        except LogUnavailable as error:\n            self._close_log()\n",
        "        except LogUnavailable as error:\n",
        (f"{RELAY}::test_an_unacknowledged_batch_goes_again_whole_with_a_new_producer",),
    ),
    Mutant(
        "swallowed future: a failed record counts as acknowledged",
        "connectors/broker/log_producer.py",
        "            else:\n                failures.append(error)\n",
        "            else:\n                acknowledged.append(row.id)\n",
        (f"{PRODUCER}::test_one_record_that_fails_fails_the_batch",),
    ),
    Mutant(
        "swallowed future: the library's errors become nothing",
        "connectors/broker/log_producer.py",
        "    except KafkaException as error:\n        raise LogUnavailable(str(error.args[0])) from error\n",
        "    except KafkaException:\n        return\n",
        (f"{PRODUCER}::test_one_record_that_fails_fails_the_batch",),
    ),
    Mutant(
        "swallowed future: a record's failure is ignored",
        "connectors/broker/log_producer.py",
        "                if failures:\n                    raise KafkaException(failures[0])\n",
        "                if failures:\n                    return\n",
        (f"{PRODUCER}::test_one_record_that_fails_fails_the_batch",),
    ),
    Mutant(
        "swallowed future: a record without a report is ignored",
        "connectors/broker/log_producer.py",
        "            if reports != len(rows):",
        "            if reports == 0:",
        (f"{PRODUCER}::test_one_record_without_a_report_fails_the_batch",),
    ),
    Mutant(
        "later events of a key overtake the one that the broker refuses",
        "connectors/broker/log_producer.py",
        "                followers.append(row)\n",
        "                first.append(row)\n",
        (f"{PRODUCER}::test_what_lies_behind_a_refused_row_of_its_key_is_not_sent",),
    ),
    Mutant(
        "an event that no broker takes is tried for ever",
        "connectors/broker/log_producer.py",
        "            elif error.code() in REFUSALS:",
        "            elif error.code() in ():",
        (f"{PRODUCER}::test_what_the_broker_will_never_take_is_told_apart_from_what_it_has",),
    ),
    Mutant(
        "later events of a key overtake the one that was set aside, in the relay",
        "producers/relay.py",
        "                held.add((row.topic, row.key))\n",
        "",
        (f"{RELAY}::test_a_row_that_is_too_large_waits_with_all_later_ones_of_its_key_and_others_go_on",),
    ),
    Mutant(
        "later events of a key overtake the one that was set aside, in SQL",
        "connectors/database/publication/relay.py",
        "WHERE waits.topic = outbox.topic AND waits.key = outbox.key",
        "WHERE waits.topic = outbox.topic AND waits.key = outbox.key AND false",
        (f"{OUTBOX}::test_a_row_that_was_set_aside_waits_with_its_key_until_somebody_decides[sql]",),
    ),
)
