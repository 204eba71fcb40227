"""What callers said, kept in the database in memory: implements `producers.saying.Intake`."""

from collections.abc import Sequence
from uuid import UUID

from consumers.registry.domain.entries import value_of
from consumers.registry.domain.known import subject
from consumers.requests.domain.life.state import RequestState
from consumers.runner.errors import DatabaseUnavailable
from producers.acts import About
from producers.saying import Before, IntakeUnavailable, Kept, Named, NotTheirs, Verdict, Wish, repeated
from schemas.speakers import Sender, SpeakerKind, sender_of
from tests.memory.database import Transaction
from tests.memory.outbox import MemoryOutbox
from tests.memory.positions import BusSession


class MemoryIntake:
    """One connection of a gateway."""

    def __init__(self, session: BusSession) -> None:
        self._session = session

    async def commit(self, wishes: Sequence[Wish]) -> Sequence[Verdict]:
        try:
            with self._session.transaction() as transaction:
                return [self._keep(transaction, wish) for wish in wishes]
        except DatabaseUnavailable as error:
            raise IntakeUnavailable(str(error)) from error

    def _keep(self, transaction: Transaction, wish: Wish) -> Verdict:
        tables, envelope = self._session.tables, wish.message.envelope
        place = (envelope.source, wish.key or "")
        before = None if wish.key is None else transaction.find(tables.identities, place)
        if before is not None:
            return repeated(wish, before)
        speaker = sender_of(envelope.source)
        assert speaker is not None
        if wish.named is not None and not self._is_theirs(transaction, speaker, wish.named):
            return NotTheirs()
        if wish.key is not None:
            first = Before(envelope.id, wish.message.key, wish.fingerprint)
            transaction.insert(tables.identities, place, first)
        MemoryOutbox(transaction, tables).add([wish.message])
        return Kept(envelope.id, wish.message.key)

    def _is_theirs(self, transaction: Transaction, speaker: Sender, named: Named) -> bool:
        if named.about is About.REQUEST:
            row = transaction.find(self._session.tables.requests, UUID(named.code))
            state = None if row is None else RequestState.model_validate_json(row.document)
            match speaker.kind:
                case SpeakerKind.AGENCY:
                    return state is None or state.agency in (None, speaker.code)
                case SpeakerKind.OFFICE:
                    return state is not None and state.office == speaker.code
                case SpeakerKind.DIRECTORATE:
                    return state is not None
        if named.about not in (About.SERVICE, About.AGREEMENT) or speaker.kind is SpeakerKind.DIRECTORATE:
            return True
        values = [value_of(entry) for _, entry in sorted(transaction.rows(self._session.tables.versions).items())]
        owners = [
            value.agency  # type: ignore[union-attr]  # services and agreements have one
            for value in values
            if subject(value) == (named.about.value, named.code)
        ]
        return not owners or owners[-1] == speaker.code
