"""What to do about what a worker waits for or stands still at: one remedy per cause."""

from consumers.runner.outcomes import Setback

SEE_THE_LOG = "see `partition halted` in its log, and the section on it in docs/runbook.md"
PASS_IT = "`pishkhan repair halted` shows it, and `pishkhan repair pass` passes it without applying it"
ANOTHER_CAUSE = "it recovers by itself; if it does not, read its log"

REMEDIES: dict[str, str] = {
    Setback.BROKER_UNAVAILABLE.value: "bring the broker back; the worker then recovers by itself",
    Setback.DATABASE_UNAVAILABLE.value: "bring the database back; the worker then recovers by itself",
    Setback.STUCK.value: (
        "it hangs in a call: see whether broker, database and network answer, and it recovers when they do; if they "
        "do, end it (kill -9) and start it again, nothing is lost"
    ),
    Setback.SET_ASIDE.value: "one key waits, all others are published: see `pishkhan outbox list`",
    Setback.CLOCK_DIFFERS.value: (
        "let its machine take the time from a time server (chrony, systemd-timesyncd), or run the worker elsewhere; it "
        "handles claims meanwhile, and resumes timed acts by itself"
    ),
    Setback.BROKER_CLOCK_DIFFERS.value: (
        "let the machines of broker and database take their time from a time server; deadlines wait until they agree, "
        "and nothing is lost"
    ),
    Setback.POSITION_LOST.value: SEE_THE_LOG,
    Setback.LEDGER_APART.value: (
        "keep the database as it is: `pishkhan ledger verify` names the rows; `pishkhan repair chain` makes what is "
        "kept beside them again where they are those of the log"
    ),
    Setback.PARK_FULL.value: "remove what fails, then `pishkhan parked redrive --failed` or `pishkhan parked skip`",
    Setback.FAILED_IN_A_ROW.value: "the code is at fault: start a version without the fault, and it resumes by itself",
    Setback.HANDLER_FAILED.value: "not even parking works: see `partition halted` in its log; it resumes once repaired",
    Setback.UNREADABLE.value: f"find out who wrote it; {PASS_IT}",
    Setback.CONNECTION_LOST.value: f"see the database's own log for why it ended; {PASS_IT}",
}
