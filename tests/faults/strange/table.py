"""The declared table: every kind of strange record, and what becomes of it."""

from tests.faults.strange.batches import BATCHES
from tests.faults.strange.bodies import BODIES
from tests.faults.strange.envelopes import ENVELOPES
from tests.faults.strange.kinds import Kind
from tests.faults.strange.meanings import MEANINGS

KINDS: tuple[Kind, ...] = (*BATCHES, *BODIES, *ENVELOPES, *MEANINGS)
