"""Saying one thing to the bus from the terminal, and waiting for what comes of it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from uuid import UUID

import typer
from rich.console import Console
from sqlalchemy import Connection, Engine

from connectors.database.answers import Claimed, answer_to, newest_row, why_it_waits
from connectors.database.driver import meaningful_errors
from connectors.database.engine import build_engine
from connectors.database.outbox import outbox_opener
from connectors.ids import new_id
from consumers.runner.ports import DatabaseUnavailable
from deploy.agencies import known_agencies
from deploy.problem import Problem
from deploy.settings import load_settings
from deploy.terminal.request_ids import request_id_of
from deploy.terminal.words import told
from deploy.words import Language
from producers.claims import ClaimInvalid, check_speaker
from producers.ports import OutboxUnavailable
from producers.publisher import Publisher
from schemas.base import Event
from schemas.decode import EventInvalid, SomeEvent, parse
from schemas.log_requests import ClaimRefused, RequestRefused

#: An answer comes within moments when the bus runs; after this long it is told that none came.
ANSWER_SECONDS = 10.0
POLL_SECONDS = 0.05


class Terminal:
    """One person at the terminal, in a `with`. Database errors become `Problem`s with a remedy."""

    def __init__(self, data: Path | None, language: Language) -> None:
        self._settings = settings = load_settings(data)
        self.language = language
        self.console = Console(highlight=False, soft_wrap=True)
        self._engine: Engine = build_engine(settings.worker_database_url(), "pishkhan terminal")
        self.clock = settings.clock
        self._publisher = Publisher(outbox_opener(self._engine), self.clock.now, new_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction for reading."""
        try:
            with meaningful_errors(), self._engine.connect() as connection:
                yield connection
        except DatabaseUnavailable as error:
            raise unavailable(error) from error

    def request_id(self, text: str, *, office: str | None = None, agency: str | None = None) -> UUID:
        """Return the id of the request that a person named by it or by its beginning. Raises `Problem`."""
        return request_id_of(text, self.reading, office=office, agency=agency)

    def say(self, source: str, event: Event, request_id: UUID, wait_seconds: float = ANSWER_SECONDS) -> None:
        """Publish `event` as `source`, and print what the bus makes of it; exit code 1 when it refuses."""
        with self.reading() as connection:
            after = newest_row(connection)
            agencies = known_agencies(self._settings, connection)
        try:
            check_speaker(source, agencies)
            event_id = self._publisher.claim(source, event)
        except ClaimInvalid as error:
            raise Problem(f"{error.field}: {error.problem}") from error
        except OutboxUnavailable as error:
            raise unavailable(error) from error
        answers = self._answers(Claimed(source, event_id, str(request_id), after), wait_seconds)
        for answer in answers:
            refused = isinstance(answer, ClaimRefused | RequestRefused)
            self.console.print(told(answer, self.language), style="red" if refused else "green", markup=False)
        if any(isinstance(answer, ClaimRefused | RequestRefused) for answer in answers):
            raise typer.Exit(1)

    def pick(self, persian: str, english: str) -> str:
        """Return the text in the person's language."""
        return persian if self.language is Language.FA else english

    def _answers(self, claimed: Claimed, wait_seconds: float) -> list[Event]:
        deadline = time.monotonic() + wait_seconds
        while True:
            with self.reading() as connection:
                answers = answer_to(connection, claimed)
                waits = None if answers else why_it_waits(connection, claimed)
            if answers:
                return answers
            if waits is not None:
                self.console.print(self.pick(f"در انتظار: {waits}", f"it waits: {waits}"), style="yellow", markup=False)
                return []
            if time.monotonic() >= deadline:
                self.console.print(
                    self.pick(
                        "ثبت شد و از دست نمی‌رود، ولی هنوز پاسخی نیست؛ آیا سامانه در حال کار است؟",
                        "it is kept and will not be lost, but there is no answer yet; is the bus running?",
                    ),
                    style="yellow",
                )
                return []
            time.sleep(POLL_SECONDS)


def claim_of(model: type[SomeEvent], **fields: object) -> SomeEvent:
    """Return the claim that a person's options say. Raises `Problem`, naming the option's field and never its value."""
    try:
        return parse(model, json.dumps(fields, default=str).encode())
    except EventInvalid as error:
        raise Problem(f"{error.field}: {error.problem}") from None


def unavailable(error: Exception) -> Problem:
    """Return the problem of a database that does not answer."""
    return Problem(f"The database does not answer ({error}). Start the bus with `pishkhan up`, or give --data DIR.")
