"""Publish one claim from the terminal, and wait for its outcome."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from uuid import UUID, uuid5

from connectors.ids import new_id
from connectors.words.calendar import local_moment, since_words
from connectors.words.delivery import delivery_words
from connectors.words.details import detail_words, field_phrase
from connectors.words.language import EMPTY, Language, Phrase
from connectors.words.outcomes import outcome_lines, told, waits_for
from consumers.intake import REGISTRY_CLAIMS, IntakeReader
from consumers.parking import NEVER
from consumers.requests.inbox import WaitingClaim
from consumers.runner.errors import DatabaseUnavailable
from deploy.edge import Screen
from deploy.exits import ExitCode, end_with
from deploy.operations.delivery import away_since, delivery
from deploy.problem import Misused, Problem, Unreachable
from deploy.running.demonstration import note_use
from deploy.settings import load_settings
from deploy.terminal.outcomes import code_of, style_of
from deploy.terminal.request_ids import request_id_of
from deploy.use_cases import Bus, View
from producers.claims import ClaimInvalid
from producers.conversation import Answered, Unanswered, Unheard, Waits
from producers.delivery import Delay
from producers.outcomes import AnswersUnavailable, Decided, SetAside
from producers.ports import OutboxUnavailable
from schemas.base import Event
from schemas.decode import EventInvalid, SomeEvent, parse
from schemas.log_requests import ClaimRefused, RequestRefused
from schemas.speakers import SpeakerKind, sender_of

#: An answer comes within moments when the bus runs; after this long it is told that none came.
ANSWER_SECONDS = 10.0
#: Ids within claims that were given an id of their own.
_FIELDS = UUID("0b0d8c52-6c0f-5e0b-9d55-6f6a1f0e7c11")

_AWAY = Phrase("پایگاه داده پاسخ نمی‌دهد ({error}).", "The database does not answer ({error}).")
_REMEDY = Phrase(
    "`pishkhan doctor` می‌گوید چه شده است؛ گذرگاه را با `pishkhan up` به کار اندازید، یا پوشه‌اش را با --data بدهید.",
    "`pishkhan doctor` says what is wrong; start the bus with `pishkhan up`, or name its folder with --data.",
)
#: What it means for a claim that the database is away: before it was kept, while it was written, and after.
_NOT_ACCEPTED = Phrase(
    "این گفته ثبت نشد؛ پس از بازگشت آن دوباره بگویید.",
    "Your claim was not stored; send it again when the database is back.",
)
_UNSURE = Phrase(
    "شاید این گفته ثبت نشده باشد؛ پس از بازگشت آن ببینید، و اگر نیست دوباره بگویید.",
    "Your claim may not have been stored; look when the database is back, and send it again if it was not.",
)
_ACCEPTED = Phrase(
    "این گفته ثبت شده است و از دست نمی‌رود؛ دوباره نگویید.",
    "Your claim is stored and will not be lost; do not send it again.",
)
_WAITS = Phrase("در انتظار {whom}: {detail}", "it waits for {whom}: {detail}")
_WAITS_UNTIL = Phrase(
    "در انتظار {whom}، حداکثر تا {until} ({detail})", "it waits for {whom}, until {until} at most ({detail})"
)
_TAKE_BACK = Phrase("پس گرفتن: {command}", "take it back with: {command}")
_NO_ANSWER_YET = Phrase(
    "ثبت شد و از دست نمی‌رود، ولی هنوز پاسخی نیست؛ اگر چیزی جلوی آن را گرفته باشد `pishkhan doctor` می‌گوید.",
    "it is kept and will not be lost, but there is no answer yet; `pishkhan doctor` says what holds it up.",
)
_NO_WORKER = Phrase(
    "ثبت شد و از دست نمی‌رود، ولی {worker} در کار نیست{since}. با بازگشت آن پاسخ می‌آید؛ دوباره نگویید.",
    "it is kept and will not be lost, but no {worker} is at work{since}. "
    "The answer comes when one is, and nothing need be sent again; see `pishkhan doctor`.",
)
#: Who decides on claims, by the consumer's name.
_WORKERS: Mapping[IntakeReader, Phrase] = {
    IntakeReader.REQUESTS: Phrase("کارگر درخواست‌ها", "requests worker"),
    IntakeReader.REGISTRY: Phrase("کارگر دفتر ثبت", "registry worker"),
}
_ASK_LATER = Phrase("پاسخ را بعد بپرسید: {command}", "ask for the answer later with: {command}")
_SAID_AGAIN = Phrase("این پیش‌تر گفته و پذیرفته شده بود:", "this was said and accepted before:")
_LAST_SIGN = Phrase(" (آخرین نشانه: {since})", ", no sign of life of one {since}")


class Terminal:
    """One person at the terminal, in a `with`. Database errors become `Problem`s with a remedy."""

    def __init__(self, data: Path | None, language: Language) -> None:
        self._settings = settings = load_settings(data)
        self.language = language
        self.console = Screen(highlight=False, soft_wrap=True)
        self._bus = Bus(settings, "pishkhan terminal")
        self.clock = settings.clock
        self._conversation = self._bus.conversation

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bus.__exit__()

    @contextmanager
    def reading(self, consequence: str = "") -> Iterator[View]:
        """Open a transaction for reading; `consequence` is told when the database does not answer."""
        try:
            with self._bus.reading() as view:
                yield view
        except DatabaseUnavailable as error:
            raise self._unavailable(error, consequence) from error

    def before_saying(self) -> AbstractContextManager[View]:
        """Open a transaction for reading what somebody needs who is about to say something."""
        return self.reading(_NOT_ACCEPTED.of(self.language))

    def request_id(self, text: str, *, office: str | None = None, agency: str | None = None) -> UUID:
        """Return the id of the request that a person named by it or by its beginning. Raises `Problem`."""
        return request_id_of(text, self.before_saying, office=office, agency=agency)

    def say(
        self,
        source: str,
        event: Event,
        request_id: UUID,
        wait_seconds: float = ANSWER_SECONDS,
        event_id: str | None = None,
    ) -> None:
        """Publish `event` as `source`, and print what the bus makes of it; ends the command when it is not done."""
        end_with(self.said(source, event, request_id, wait_seconds, event_id))

    def said(
        self,
        source: str,
        event: Event,
        request_id: UUID,
        wait_seconds: float = ANSWER_SECONDS,
        event_id: str | None = None,
    ) -> ExitCode:
        """Publish `event` as `source`, print what the bus makes of it, and return how that ends the command.

        It is done, refused, waits for another party (then it is told for whom, until when, and how to take it back), or
        is not answered within `wait_seconds`. With an `event_id` of the person's own, a repetition says nothing new.
        """
        with self._publishing() as agencies:
            outcome = self._conversation.say(
                source, event, request_id, agencies=agencies, wait_seconds=wait_seconds, event_id=event_id
            )
        return self._show(outcome)

    def act(
        self, source: str, event: Event, wait_seconds: float = ANSWER_SECONDS, event_id: str | None = None
    ) -> ExitCode:
        """Publish what is about no request, print what the bus makes of it, and return how that ends the command."""
        with self._publishing() as agencies:
            said = self._bus.acting.act(source, event, agencies=agencies, wait_seconds=wait_seconds, event_id=event_id)
        if said.again:
            self.console.print(_SAID_AGAIN.of(self.language))
        if said.outcome is None:
            registry = event.type_name() in REGISTRY_CLAIMS
            worker = IntakeReader.REGISTRY if registry else IntakeReader.REQUESTS
            self.console.print(self._why_no_answer(said.topic, worker), style="yellow")
        else:
            self.console.print_lines(outcome_lines(said.outcome, self.language), style=style_of(said.outcome))
        if not isinstance(said.outcome, Decided | SetAside):
            command = f"pishkhan outcomes {said.claim.event_id}"
            self.console.print(_ASK_LATER.fill(self.language, command=command))
        return code_of(said.outcome)

    @contextmanager
    def _publishing(self) -> Iterator[frozenset[str]]:
        """Give the agencies that may speak; what may happen to a claim on its way becomes a `Problem` that says it."""
        with self.before_saying() as view:
            agencies = view.agencies
        note_use(self._settings.data_directory)
        try:
            yield agencies
        except ClaimInvalid as error:
            raise Problem(field_phrase(error.field, error.problem)) from error
        except AnswersUnavailable as error:
            raise self._unavailable(error, _NOT_ACCEPTED.of(self.language)) from error
        except OutboxUnavailable as error:
            raise self._unavailable(error, _UNSURE.of(self.language)) from error
        except Unheard as error:
            raise self._unavailable(error, _ACCEPTED.of(self.language)) from error

    def _show(self, outcome: Answered | Waits[WaitingClaim] | Unanswered) -> ExitCode:
        """Print what became of a claim, and return how that ends the command."""
        match outcome:
            case Answered(events=events, refused=refused):
                for event in events:
                    of_refusal = refused and isinstance(event, ClaimRefused | RequestRefused)
                    self.console.print(told(event, self.language), style="red" if of_refusal else "green")
                return ExitCode.REFUSED if refused else ExitCode.DONE
            case Waits(said=said, claim=claim):
                for line in self._waits(claim, said.source):
                    self.console.print(line, style="yellow")
                return ExitCode.WAITS
            case Unanswered(said=said):
                self.console.print(self._why_no_answer(said.topic, IntakeReader.REQUESTS), style="yellow")
                return ExitCode.UNANSWERED

    def _unavailable(self, error: Exception, consequence: str) -> Unreachable:
        """Return the problem of a database that does not answer, and what that means for what was said."""
        away = _AWAY.fill(self.language, error=str(error))
        return Unreachable(" ".join(filter(None, (away, consequence, _REMEDY.of(self.language)))))

    def _waits(self, claim: WaitingClaim, source: str) -> list[str]:
        """Say in lines for whom a claim waits, until when, and how to take it back."""
        whom = waits_for(claim.awaited, self.language)
        if claim.until >= NEVER:
            return [_WAITS.fill(self.language, whom=whom, detail=detail_words(claim.detail, self.language))]
        until = local_moment(claim.until, self.language)
        command = f"{command_of(source)} withdraw-claim {claim.claim_id}"
        return [
            _WAITS_UNTIL.fill(self.language, whom=whom, until=until, detail=detail_words(claim.detail, self.language)),
            _TAKE_BACK.fill(self.language, command=command),
        ]

    def _why_no_answer(self, topic: str, worker: IntakeReader) -> str:
        """Say where the claim is, and what has to come back before `worker` answers it."""
        try:
            kept = delivery(self._settings, self._bus.engine, [topic], 0.0)
            away, seen = away_since(self._bus.engine, worker.value)
        except DatabaseUnavailable as error:
            raise self._unavailable(error, _ACCEPTED.of(self.language)) from error
        if kept is not None and kept.delay is not Delay.BUSY:
            return delivery_words(kept, self.language, datetime.now(UTC))
        if not away:
            return _NO_ANSWER_YET.of(self.language)
        since = EMPTY if seen is None else self._last_sign(seen)
        return _NO_WORKER.fill(self.language, worker=_WORKERS[worker], since=since)

    def _last_sign(self, seen: datetime) -> str:
        since = since_words(seen, datetime.now(UTC), self.language)
        return _LAST_SIGN.fill(self.language, since=since)


def id_for(source: str, event_id: str | None, name: str) -> UUID:
    """Return a new id for a field `name` of a claim; under an event id of the person's own the same one each time."""
    return new_id() if event_id is None else uuid5(_FIELDS, f"{source}|{event_id}|{name}")


def command_of(source: str) -> str:
    """Return the words with which a speaker's commands begin."""
    sender = sender_of(source)
    assert sender is not None, "commands speak for parties alone"
    parts = [sender.kind] if sender.kind is SpeakerKind.DIRECTORATE else [sender.kind, sender.code]
    return " ".join(["pishkhan", *parts])


def claim_of(model: type[SomeEvent], **fields: object) -> SomeEvent:
    """Return the claim that a person's options say. Raises `Misused`, naming the option's field and never its value."""
    try:
        return parse(model, json.dumps(fields, default=str).encode())
    except EventInvalid as error:
        raise Misused(field_phrase(error.field, error.problem)) from None
