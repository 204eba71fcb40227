"""`pishkhan explain`: why a request went to its office, in words, and whether that can be recomputed from the logs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

import jdatetime
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from connectors.broker.history import KafkaHistory
from consumers.logs import Progress as Report
from consumers.requests.domain.calendar import TEHRAN
from consumers.requests.domain.explain import CANDIDATES, Explanation, Lists, explain, opened_of, question_of
from consumers.requests.domain.gaps import Gap, first_missing, gaps_in
from consumers.requests.domain.loads import Loads
from consumers.requests.domain.loads_history import LoadsHistory, LoadsIncomplete
from consumers.requests.domain.registry_view import RegistryView
from consumers.requests.domain.roll import roll_call
from consumers.requests.domain.verify import (
    Decided,
    Finding,
    Verification,
    decisions_of,
    not_recomputed,
    verdict,
    verify,
)
from consumers.requests.domain.words import Language, Speech, in_words, verification_in_words
from consumers.runner.ports import BrokerUnavailable, Record
from deploy.commands.database import worker_connection
from deploy.commands.options import DataOption
from deploy.exits import ExitCode, end_with
from deploy.problem import Unreachable
from deploy.settings import Settings, load_settings
from deploy.terminal.edge import Screen, say, say_json
from deploy.terminal.request_ids import request_id_of
from schemas.base import Event
from schemas.decode import EventInvalid, Received, events_by_type, parse
from schemas.envelope import Envelope, EnvelopeInvalid, from_headers
from schemas.log_registry import RegistryEntry
from schemas.log_requests import RequestOpened, RequestRefused
from schemas.partition import partition_of
from schemas.topics import LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT, Topic, topic_of

LANGUAGE_HELP = "Language of the answer."
ALL_HELP = "Name the offices behind every count (reads all logs)."
VERIFY_HELP = "Decide again from the logs, loads included, and say whether it is the same (reads all logs)."
JSON_HELP = "Answer as one JSON object, for machines."
#: How a verification ends the command.
_CODES = {
    Finding.SAME: ExitCode.DONE,
    Finding.DIFFERENT: ExitCode.DIFFERS,
    Finding.NOT_RECOMPUTED: ExitCode.UNKNOWN,
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain_request)


def explain_request(
    request: Annotated[str, typer.Argument(metavar="REQUEST_ID", help="The request's id, or its beginning.")],
    language: Annotated[Language, typer.Option("--lang", help=LANGUAGE_HELP)] = Language.ENGLISH,
    all_offices: Annotated[bool, typer.Option("--all", help=ALL_HELP)] = False,
    verified: Annotated[bool, typer.Option("--verify", help=VERIFY_HELP)] = False,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    data: DataOption = None,
) -> None:
    """Tell why a request went to its office, or why nobody got it.

    Who was looked at, who was excluded and why, the draw with its sums, the agreement and every version behind it.
    With --verify it is done (0) only when there are decisions and each was made again and is the same.

    [bold]Examples[/bold]

      pishkhan explain 019ab3c4-5d6e

      pishkhan explain 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071 --lang fa --all --verify
    """
    settings = load_settings(data)
    request_id = request_id_of(request, lambda: worker_connection(data))
    try:
        with KafkaHistory(settings.kafka_login()) as logs, _bar() as bar:
            answer = _answer(request_id, settings, logs, bar, all_offices=all_offices, verified=verified)
    except BrokerUnavailable as error:
        raise Unreachable(f"The broker does not answer ({error}). Is the bus running? Try `pishkhan doctor`.") from None
    explanation, verifications = answer
    if as_json:
        found = [one.model_dump(mode="json") for one in verifications]
        body = explanation.model_dump(mode="json") | ({"verification": found} if verified else {})
        say_json(body)
    else:
        speech = Speech(language, _fa_moment if language is Language.PERSIAN else _en_moment)
        told = verification_in_words(verifications, speech) if verified or verifications else []
        for line in (*in_words(explanation, speech), *told):
            say(line)
    end_with(_code(explanation, verifications, verified=verified))


def _code(explanation: Explanation, verifications: Sequence[Verification], *, verified: bool) -> ExitCode:
    """Return 0 only for a whole story; with --verify, only for decisions that were recomputed and are the same."""
    if verified:
        return _CODES[verdict(verifications)]
    return ExitCode.UNKNOWN if explanation.missing or verifications else ExitCode.DONE


def _answer(
    request_id: UUID, settings: Settings, logs: KafkaHistory, bar: Progress, *, all_offices: bool, verified: bool
) -> tuple[Explanation, list[Verification]]:
    history = _history(request_id, logs, _task(bar, "the request's own events"))
    if not isinstance(history[0].event, RequestOpened):
        raise Unreachable(
            f"The opening of request {request_id} is not in the log, though later events are. `pishkhan reconcile` "
            "says what the log lost, and `pishkhan repair topic` brings back what can be brought back."
        )
    view, complete_to = _registry(logs, _task(bar, "the registry's log"))
    decided, gaps = decisions_of(history), gaps_in(history)
    if not (all_offices or verified):
        return explain(history, view), []
    loads = _loads(decided, logs, _task(bar, "the logs of requests and settlement"))
    opened = opened_of(history)
    lists: dict[int, Lists] = {}
    verifications: list[Verification] = []
    secret = settings.routing_secret.get_secret_value().encode() or None
    for number, one in enumerate(decided):
        try:
            seen = _seen(number, one, loads, gaps, complete_to)
        except LoadsIncomplete as error:
            verifications.append(not_recomputed(one, str(error)))
            continue
        if verified:
            verifications.append(verify(opened, one, view, seen, secret))
        if all_offices:
            lists[number] = _lists(history, one, view, seen)
    verifications += [
        Verification(attempt=gap.attempt, event="missing", finding=Finding.NOT_RECOMPUTED, why=gap.why())
        for gap in gaps
    ]
    return explain(history, view, lists), verifications


def _seen(number: int, decided: Decided, loads: LoadsHistory, gaps: Sequence[Gap], complete_to: int) -> Loads:
    """Return the loads that a decision saw. Raises LoadsIncomplete when the logs lack anything that it rests on."""
    before = next((gap for gap in gaps if gap.first < decided.sequence), None)
    if before is not None:
        raise LoadsIncomplete(f"what came before is incomplete: {before.why()}")
    if complete_to <= decided.registry_revision:
        raise LoadsIncomplete(f"revision {complete_to} of the registry is not in its log")
    try:
        return loads.loads(number)
    except LoadsIncomplete as error:
        why = f"{error}; the relay may be behind, try again when it has caught up"
        raise LoadsIncomplete(why) from None


def _lists(history: Sequence[Received], decided: Decided, view: RegistryView, loads: Loads) -> Lists:
    if isinstance(decided.event, RequestRefused) and not decided.event.excluded:
        return {}  # Refused before any office was looked at.
    as_of = view.up_to(decided.registry_revision)
    roll = roll_call(question_of(opened_of(history), decided), as_of, loads, decided.tried)
    return {CANDIDATES if reason is None else reason.value: tuple(codes) for reason, codes in roll.items()}


def _history(request_id: UUID, logs: KafkaHistory, progress: Report) -> list[Received]:
    """Return the request's own events, once each and in their order."""
    name, key = LOG_REQUESTS.name, str(request_id)
    partitions = logs.partitions(name)
    if not partitions:
        raise Unreachable(f"The broker has no topic {name}. Start the bus with `pishkhan up` first.")
    found: dict[int, Received] = {}
    for record in logs.records([name], partition_of(key, partitions), progress):
        if record.key == key.encode():
            received = Received(*_read(record, LOG_REQUESTS))
            if received.envelope.sequence is not None:
                found.setdefault(received.envelope.sequence, received)
    if not found:
        raise Unreachable(
            f"Request {key} is not in the log. It may still wait for the registry (`pishkhan parked list`), its claim "
            "may have been dead-lettered, or the id is another one."
        )
    return [found[sequence] for sequence in sorted(found)]


def _registry(logs: KafkaHistory, progress: Report) -> tuple[RegistryView, int]:
    """Return what the registry's log says, and the first revision that is not in it.

    It is read in the order of revisions: a repaired log may hold them in another.
    """
    read = (_read(record, LOG_REGISTRY)[1] for record in logs.records([LOG_REGISTRY.name], None, progress))
    entries = {entry.revision: entry for entry in read if isinstance(entry, RegistryEntry)}
    view = RegistryView.empty().with_entries(entries[revision] for revision in sorted(entries))
    return view, first_missing(entries)


def _loads(decided: Sequence[Decided], logs: KafkaHistory, progress: Report) -> LoadsHistory:
    loads = LoadsHistory([one.place for one in decided])
    for record in logs.records([LOG_REQUESTS.name, LOG_SETTLEMENT.name], None, progress):
        envelope = _envelope(record)
        if loads.wants(envelope):
            topic = topic_of(record.topic)
            assert topic is not None, "only known logs are read"
            loads.take(envelope, _event(record, envelope, topic))
    return loads


def _read(record: Record, topic: Topic) -> tuple[Envelope, Event]:
    envelope = _envelope(record)
    return envelope, _event(record, envelope, topic)


def _envelope(record: Record) -> Envelope:
    try:
        return from_headers(record.headers)
    except EnvelopeInvalid as error:
        raise Unreachable(f"{_place(record)} is not an event of the bus: {error}") from None


def _event(record: Record, envelope: Envelope, topic: Topic) -> Event:
    model = events_by_type(topic).get(envelope.type)
    if model is None:
        raise Unreachable(f"{_place(record)} is of type {envelope.type}, which this version of pishkhan does not know.")
    try:
        return parse(model, record.value or b"")
    except EventInvalid as error:
        raise Unreachable(f"{_place(record)} does not fit its schema: {error}") from None


def _place(record: Record) -> str:
    return f"Record {record.position} of {record.topic}/{record.partition}"


@contextmanager
def _bar() -> Iterator[Progress]:
    """Show bars on the error stream, only to people."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Screen(stderr=True), transient=True) as bar:
        yield bar


def _task(bar: Progress, what: str) -> Report:
    task = bar.add_task(f"reading {what}", total=None)

    def report(read: int, total: int) -> None:
        bar.update(task, completed=read, total=total)

    return report


def _en_moment(moment: datetime) -> str:
    return moment.astimezone(TEHRAN).strftime("%Y-%m-%d %H:%M")


def _fa_moment(moment: datetime) -> str:
    local = moment.astimezone(TEHRAN).replace(tzinfo=None)
    text = cast("str", jdatetime.datetime.fromgregorian(datetime=local).strftime("%Y/%m/%d ساعت %H:%M"))
    return text.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
