"""The one declared table of mutants: a small patch each, and the tests that must fail with it.

A mutant is a fault that somebody might well make, in a place where it would lose or double something. When its code
changes, write the patch anew; when its tests are renamed, name them. `make mutants` applies them one by one.
"""

from tests.mutants.acting import ACTING
from tests.mutants.answering import ANSWERING
from tests.mutants.asking import ASKING
from tests.mutants.auditing import AUDITING
from tests.mutants.comparing import COMPARING
from tests.mutants.deciding import DECIDING
from tests.mutants.doors import DOORS
from tests.mutants.losing import LOSING
from tests.mutants.manners import MANNERS
from tests.mutants.mutant import Mutant
from tests.mutants.opening import OPENING
from tests.mutants.parking import PARKING
from tests.mutants.positions import POSITIONS
from tests.mutants.reading import READING
from tests.mutants.relaying import RELAYING
from tests.mutants.speaking import SPEAKING
from tests.mutants.telling import TELLING
from tests.mutants.timing import TIMING
from tests.mutants.trying import TRYING
from tests.mutants.writing import WRITING
from tests.mutants.years import YEARS

MUTANTS: tuple[Mutant, ...] = (
    *ACTING,
    *ANSWERING,
    *ASKING,
    *AUDITING,
    *POSITIONS,
    *RELAYING,
    *PARKING,
    *DECIDING,
    *COMPARING,
    *LOSING,
    *READING,
    *SPEAKING,
    *TELLING,
    *TIMING,
    *TRYING,
    *YEARS,
    *WRITING,
    *MANNERS,
    *OPENING,
    *DOORS,
)
