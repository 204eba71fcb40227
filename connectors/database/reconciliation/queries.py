"""The queries of a reconciliation: each puts side by side, by one id, what was read of the topics and what is kept.

What was read lies in temporary tables of the session, named `seen`, `booked` and `claimed`. Times of the outbox and
everything else are of the snapshot in which these run.
"""

from schemas.late_cash import LateCashTaken
from schemas.log_requests import OfficeCollectedFee, OfficeReturnedFee, RequestClosed

TABLES = """
CREATE TEMPORARY TABLE seen (
    topic text, partition int, position bigint, event_id text, type text, subject text, sequence bigint,
    amount_rial bigint, appended_at timestamptz, reason text, digest bigint
);
CREATE TEMPORARY TABLE booked (
    partition int, position bigint, event_id text, subject text, sequence bigint, transaction_id text, kind text,
    debit_account text, credit_account text, amount_rial bigint
);
CREATE TEMPORARY TABLE claimed (
    consumer text, topic text, partition int, position bigint, source text, event_id text, type text, subject text,
    body_hash bytea, about_hash bytea, outcome_id text, amount_rial bigint, acceptable boolean
);
"""
HORIZON = "SELECT published_until FROM publication_horizon"
POSITIONS = """
SELECT consumer, topic, partition, next_position, topic_id, cluster_id FROM consumer_offset
ORDER BY consumer, topic, partition
"""
FIGURES_POSITIONS = "SELECT topic, partition, next_position FROM kpi_position"
WINDOWS = "SELECT partition, window_number FROM consumer_offset WHERE consumer = 'settlement'"
PARKED = "SELECT consumer, topic, partition, position, key, headers FROM parked_event"
GIVEN_UP = """
SELECT consumer, topic, partition, position, key, source, event_id FROM park_decision WHERE outcome = 'skipped'
"""
PARKED_COUNTS = "SELECT consumer, count(*) FROM parked_event GROUP BY consumer"
UNPUBLISHED = "SELECT topic, count(*) FROM outbox WHERE published_at IS NULL GROUP BY topic"

#: The outbox with what somebody deleted from it: each such row is a finding of its own, and can be put back.
_ROWS = """(
    SELECT topic, partition, key, event_id, source, type, sequence, body, published_at FROM outbox
    UNION ALL
    SELECT gone.topic, gone.partition, gone.key, gone.event_id, gone.source, gone.type, gone.sequence, gone.body,
        gone.published_at
    FROM removed_row, jsonb_populate_record(NULL::outbox, removed_row.content) AS gone WHERE put_back_at IS NULL
) AS outbox"""
#: Of what was published and would have been let go by now there is nothing to put back.
REMOVED = """
SELECT gone.topic, gone.partition, gone.source, gone.event_id, gone.key, gone.sequence
FROM removed_row, jsonb_populate_record(NULL::outbox, removed_row.content) AS gone, publication_horizon
WHERE put_back_at IS NULL
    AND (gone.published_at IS NULL OR published_until IS NULL OR gone.published_at > published_until)
ORDER BY gone.id
"""
#: In an event that is in the outbox alone, cash and why a request was closed are read from its body.
_REASON = f"CASE WHEN type = '{RequestClosed.type_name()}' THEN convert_from(body, 'UTF8')::jsonb ->> 'reason' END"
_CASH = f"""
CASE type
    WHEN '{OfficeCollectedFee.type_name()}' THEN (convert_from(body, 'UTF8')::jsonb ->> 'amount_rial')::bigint
    WHEN '{LateCashTaken.type_name()}' THEN (convert_from(body, 'UTF8')::jsonb ->> 'amount_rial')::bigint
    WHEN '{OfficeReturnedFee.type_name()}' THEN -(convert_from(body, 'UTF8')::jsonb ->> 'amount_rial')::bigint
END
"""
#: As `consumers.reconciliation.reading.digest_of` makes it.
_DIGEST = "('x' || encode(substr(sha256(body), 1, 8), 'hex'))::bit(64)::bigint"
#: Of several records: positions are compared within a partition alone, and name nothing without it.
_LAST_PLACE = "max(ARRAY[partition::bigint, position])"
PUBLICATIONS = f"""
WITH kept AS (
    SELECT topic, source, event_id, min(partition)::int AS partition, count(*)::int AS rows,
        bool_or(published_at IS NOT NULL) AS published, min(digest) AS low, max(digest) AS high
    FROM {_ROWS}, LATERAL (
        SELECT CASE WHEN NOT starts_with(topic, %(intake)s) THEN {_DIGEST} END AS digest
    ) AS made
    GROUP BY topic, source, event_id
), logged AS (
    SELECT topic, event_id, {_LAST_PLACE} AS last, count(*)::int AS copies, min(appended_at) AS appended_at,
        min(digest) AS low, max(digest) AS high
    FROM seen GROUP BY topic, event_id
), said AS (
    SELECT topic, source, event_id, {_LAST_PLACE} AS last, count(*)::int AS copies
    FROM claimed WHERE event_id IS NOT NULL GROUP BY topic, source, event_id
)
SELECT coalesce(logged.topic, kept.topic), coalesce(kept.source, '/bus'), coalesce(logged.event_id, kept.event_id),
    coalesce(last[1]::int, kept.partition), last[2], coalesce(copies, 0), appended_at, coalesce(rows, 0),
    coalesce(published, false),
    coalesce(logged.low <> logged.high OR kept.low <> logged.low OR kept.high <> logged.high, false)
FROM logged
FULL JOIN (SELECT * FROM kept WHERE NOT starts_with(topic, %(intake)s)) AS kept
    ON kept.topic = logged.topic AND kept.event_id = logged.event_id
UNION ALL
SELECT kept.topic, kept.source, kept.event_id, coalesce(last[1]::int, kept.partition), last[2],
    coalesce(copies, 0), NULL, rows, published, false
FROM kept
LEFT JOIN said ON said.topic = kept.topic AND said.source = kept.source AND said.event_id = kept.event_id
WHERE starts_with(kept.topic, %(intake)s)
"""
SUBJECTS = f"""
WITH event AS (
    SELECT subject, sequence, event_id, partition, position, coalesce(amount_rial, 0) AS cash_rial, type, reason,
        appended_at
    FROM seen WHERE topic = %(log)s AND sequence IS NOT NULL
    UNION ALL
    SELECT key, sequence, event_id, partition, NULL, coalesce({_CASH}, 0), type, {_REASON}, NULL
    FROM {_ROWS} WHERE topic = %(log)s AND sequence IS NOT NULL
        AND NOT EXISTS (SELECT FROM seen WHERE seen.topic = %(log)s AND seen.event_id = outbox.event_id)
), known AS (
    SELECT coalesce(request_id, subject)::text AS subject, version, progress.sequence AS settled,
        state, document ->> 'stage' AS stage,
        coalesce((document ->> 'collected_rial')::bigint, 0) - coalesce((document ->> 'returned_rial')::bigint, 0)
            AS cash_rial
    FROM request FULL JOIN settlement_progress AS progress ON progress.subject = request.request_id
)
SELECT coalesce(event.subject, known.subject) AS subject, version, state, stage, coalesce(known.cash_rial, 0),
    coalesce(settled, 0), sequence, event.event_id, partition, position, event.cash_rial, type, reason, appended_at,
    queued.event_id IS NOT NULL, booked.event_id IS NOT NULL
FROM event FULL JOIN known ON known.subject = event.subject
LEFT JOIN (SELECT DISTINCT event_id FROM {_ROWS} WHERE topic = %(log)s) AS queued ON queued.event_id = event.event_id
LEFT JOIN (SELECT DISTINCT event_id FROM ledger_transfer) AS booked ON booked.event_id = event.event_id
ORDER BY coalesce(event.subject, known.subject) COLLATE "C", sequence, position NULLS LAST
"""
MARKERS = "SELECT subject, event_id, partition, position FROM seen WHERE topic = %(log)s AND type = %(marker)s"
REVISIONS = f"""
SELECT coalesce(known.revision, event.sequence, counted.revision), known.revision IS NOT NULL, event_id, position,
    queued.sequence IS NOT NULL, counted.revision IS NOT NULL
FROM registry_version AS known
FULL JOIN (
    SELECT sequence, (array_agg(event_id ORDER BY position))[1] AS event_id, min(position) AS position
    FROM seen WHERE topic = %(registry)s AND sequence IS NOT NULL GROUP BY sequence
) AS event ON event.sequence = known.revision
FULL JOIN (SELECT generate_series(1, revision) AS revision FROM registry_head) AS counted
    ON counted.revision = coalesce(known.revision, event.sequence)
LEFT JOIN (SELECT DISTINCT sequence FROM {_ROWS} WHERE topic = %(registry)s) AS queued
    ON queued.sequence = coalesce(known.revision, event.sequence, counted.revision)
ORDER BY 1
"""
#: The sides of a transaction, in the order in which they are read: its event in the log, the ledger's rows,
#: settlement's own log, and the outbox. Of an event that was published twice only one record counts: the first of those
#: that settlement has passed.
TRANSACTIONS = f"""
WITH ranked AS (
    SELECT booked.*, rank() OVER (
        PARTITION BY transaction_id ORDER BY booked.position < kept.next_position DESC NULLS LAST,
            booked.partition, booked.position
    ) AS nth
    FROM booked LEFT JOIN (
        SELECT partition, max(next_position) AS next_position FROM consumer_offset
        WHERE consumer = 'settlement' AND topic = %(log)s GROUP BY partition
    ) AS kept ON kept.partition = booked.partition
), side AS (
    SELECT transaction_id, 0 AS side, event_id, subject, sequence, partition, position, kind, debit_account,
        credit_account, amount_rial
    FROM ranked WHERE nth = 1
    UNION ALL
    SELECT transaction_id::text, 1, event_id, request_id::text, NULL, NULL, NULL, kind, debit_account,
        credit_account, amount_rial
    FROM ledger_transfer
    UNION ALL
    SELECT event_id, 2, NULL, subject, NULL, partition, position, type, NULL, NULL, NULL
    FROM seen WHERE topic = %(settlement)s AND type <> ALL (%(windows)s)
    UNION ALL
    SELECT event_id, 3, NULL, key, NULL, NULL, NULL, type, NULL, NULL, NULL
    FROM {_ROWS} WHERE topic = %(settlement)s AND type <> ALL (%(windows)s)
)
SELECT transaction_id, side, side.event_id, side.subject, side.sequence, partition, position, kind, debit_account,
    credit_account, amount_rial, progress.sequence, queued.event_id IS NOT NULL
FROM side
LEFT JOIN settlement_progress AS progress
    -- Of the other sides a subject may be an office's code, and a hash is made of every row.
    ON progress.subject = CASE side WHEN 0 THEN side.subject::uuid END
LEFT JOIN (SELECT DISTINCT event_id FROM {_ROWS} WHERE topic = %(log)s) AS queued
    ON side = 1 AND queued.event_id = side.event_id
ORDER BY transaction_id COLLATE "C", side, position
"""
#: One transaction changes a request and its office's position.
LOADS = """
SELECT office, kept.in_flight, coalesce(carried.requests, 0)::int
FROM (SELECT DISTINCT code AS office FROM registry_version WHERE kind = 'office') AS known
FULL JOIN (SELECT office, in_flight FROM office_position) AS kept USING (office)
FULL JOIN (
    SELECT office, count(*) AS requests FROM request
    WHERE state IN ('routed', 'accepted', 'fee_collected', 'started', 'agency_awaited') GROUP BY office
) AS carried USING (office)
ORDER BY office
"""
PAGES = """
WITH kept AS (
    SELECT partition, chain_count, window_number FROM consumer_offset WHERE consumer = 'settlement' AND topic = %(log)s
), rows AS (
    SELECT partition::int, max(number) AS last FROM ledger_transfer GROUP BY partition
), cuts AS (
    SELECT partition::int, max(window_number) AS last FROM window_cut GROUP BY partition
)
SELECT partition, coalesce(chain_count, 0), coalesce(window_number, 1), coalesce(rows.last, 0), coalesce(cuts.last, 0)
FROM kept FULL JOIN rows USING (partition) FULL JOIN cuts USING (partition) ORDER BY partition
"""
CLOSED_WINDOWS = f"""
SELECT window_number,
    EXISTS (SELECT FROM seen WHERE topic = %(settlement)s AND type = %(closed)s AND subject = window_number::text)
    OR EXISTS (SELECT FROM {_ROWS} WHERE topic = %(settlement)s AND type = %(closed)s AND key = window_number::text)
FROM settlement_window ORDER BY window_number
"""
CLAIMS = f"""
WITH outcome AS (
    SELECT event_id, min(type) AS type, abs(min(amount_rial)) AS amount_rial
    FROM (
        SELECT event_id, type, amount_rial FROM seen WHERE topic = ANY (%(decided)s)
        UNION ALL
        SELECT event_id, type, {_CASH} FROM {_ROWS} WHERE topic = ANY (%(decided)s)
    ) AS event
    GROUP BY event_id
), judged AS (
    SELECT claimed.*, coalesce(same, false) AS same, coalesce(NOT same, false) AS conflicting, EXISTS (
        SELECT FROM consumer_offset AS kept
        WHERE kept.consumer = claimed.consumer AND kept.topic = claimed.topic AND kept.partition = claimed.partition
            AND claimed.position < kept.next_position
    ) AS passed, EXISTS (
        SELECT FROM dead_letter AS dead
        WHERE dead.consumer = claimed.consumer AND dead.topic = claimed.topic AND dead.partition = claimed.partition
            AND dead.position = claimed.position AND dead.event_id IS NOT DISTINCT FROM claimed.event_id
    ) AS dead
    FROM claimed
    LEFT JOIN intake_event AS known ON known.source = claimed.source AND known.event_id = claimed.event_id
    -- As `consumers.intake.Words.differences` has it: the first release kept no hash of type and subject.
    CROSS JOIN LATERAL (
        SELECT known.body_hash = claimed.body_hash
            AND coalesce(known.about_hash, claimed.about_hash) = claimed.about_hash AS same
    ) AS compared
), ranked AS (
    -- As `consumers.reconciliation.domain.outcome.taken_first` has it. Without an identity each is the only one.
    SELECT *, CASE WHEN event_id IS NULL THEN 1 ELSE row_number() OVER (
        PARTITION BY source, event_id ORDER BY same DESC, passed DESC, dead, topic, partition, position
    ) END::int AS copy, CASE WHEN event_id IS NULL THEN 1 ELSE count(*) OVER (
        PARTITION BY source, event_id
    ) END::int AS copies
    FROM judged
)
SELECT ranked.consumer, ranked.topic, ranked.partition, ranked.position, ranked.source, ranked.event_id, ranked.type,
    ranked.subject, copy, copies, same, conflicting, dead,
    coalesce(ranked.position <= gone.up_to AND (NOT acceptable OR conflicting), false),
    outcome.type, coalesce(request.submitted AND request.version > 0, false), ranked.amount_rial, outcome.amount_rial
FROM ranked
-- What was let go tells of its letters by their place alone.
LEFT JOIN dead_letter_let_go AS gone
    ON gone.consumer = ranked.consumer AND gone.topic = ranked.topic AND gone.partition = ranked.partition
LEFT JOIN outcome ON outcome.event_id = ranked.outcome_id
-- Only a submission's subject is a request, and a hash is made of every row.
LEFT JOIN request ON request.request_id = CASE ranked.type WHEN %(submitted)s THEN ranked.subject::uuid END
"""
#: What facts do not show, and what they do show though it is not before the figures' position; of an event that was
#: published twice only the first record of a partition counts.
TAUGHT = """
WITH record AS (
    SELECT *, min(position) OVER (PARTITION BY topic, event_id, partition) AS first
    FROM seen WHERE topic IN (%(log)s, %(settlement)s)
), lesson AS (
    SELECT record.topic, record.partition, record.position, record.event_id, record.subject, first,
        coalesce(fact.sequence >= record.sequence, false) AS shown
    FROM record LEFT JOIN kpi_request_fact AS fact ON fact.request_id = record.subject::uuid
    WHERE topic = %(log)s AND type = ANY (%(teaching)s)
    UNION ALL
    SELECT record.topic, record.partition, record.position, record.event_id, record.subject, first,
        income.transaction_id IS NOT NULL
    FROM record LEFT JOIN kpi_income_fact AS income ON income.transaction_id::text = record.event_id
    WHERE topic = %(settlement)s AND amount_rial <> 0
)
SELECT lesson.topic, lesson.partition, lesson.position, lesson.event_id, lesson.subject, shown
FROM lesson LEFT JOIN kpi_position AS kept ON kept.topic = lesson.topic AND kept.partition = lesson.partition
WHERE NOT shown OR lesson.position >= coalesce(kept.next_position, 0) AND lesson.position = first
"""
FIGURES_DEAD = "SELECT topic, partition, position FROM dead_letter WHERE consumer = 'kpi'"
