"""Mutants of what an act says by itself, of what is said twice, and of who may look at what."""

from tests.mutants.mutant import Mutant

ACTS = "tests/unit/producers/test_acts.py"
ACTING_ALONE = "tests/unit/producers/test_acting.py"
LOOKING = "tests/unit/connectors/http/test_looking.py"
READS = "tests/integration/deploy/test_reads.py"
DIRECTORATE = "tests/integration/deploy/test_directorate.py"

ACTING: tuple[Mutant, ...] = (
    Mutant(
        "a body overrules what path, key or act say",
        "producers/acts.py",
        "    if name in fields and not _same(fields[name], value):\n",
        "    if False:\n",
        (f"{ACTS}::test_what_says_otherwise_is_refused_by_its_field",),
    ),
    Mutant(
        "pausing says whatever the caller says",
        "producers/acts.py",
        "        for name, value in self.fixed.items():\n",
        "        for name, value in {}.items():\n",
        (f"{ACTS}::test_act_speaker_and_path_fill_their_fields",),
    ),
    Mutant(
        "what was said under an id of one's own is published once more",
        "producers/acting.py",
        "        if not again:\n",
        "        if True:\n",
        (f"{ACTING_ALONE}::test_the_same_under_an_id_of_ones_own_is_said_once",),
    ),
    Mutant(
        "the answer to what was said before is looked for among what is new",
        "producers/acting.py",
        "0 if again else self._reads.newest()",
        "self._reads.newest()",
        (f"{ACTING_ALONE}::test_the_same_under_an_id_of_ones_own_is_said_once",),
    ),
    Mutant(
        "money is moved though nobody was asked",
        "deploy/terminal/money.py",
        "    if not sys.stdin.isatty():\n        raise Problem(_NOBODY)\n    typer.confirm(",
        "    if not sys.stdin.isatty():\n        return\n    typer.confirm(",
        (f"{DIRECTORATE}::test_money_is_not_moved_unasked",),
    ),
    Mutant(
        "any key looks",
        "connectors/http/looking.py",
        "        must_have(caller, read.scope)\n",
        "",
        (f"{LOOKING}::test_nobody_looks_without_a_key_or_with_one_that_may_not",),
    ),
    Mutant(
        "any party looks",
        "connectors/http/looking.py",
        "        if caller.party.kind not in read.parties:\n",
        "        if False:\n",
        (f"{LOOKING}::test_every_read_is_there_for_its_parties_and_for_no_other",),
    ),
    Mutant(
        "an agency looks at another's request",
        "connectors/reads/requests.py",
        "    if asked.agency is not None and asked.agency not in (",
        "    if asked.agency is not None and None in (",
        (f"{READS}::test_a_request_is_shown_to_its_parties_and_to_who_watches_all",),
    ),
    Mutant(
        "everybody knows an office's money",
        "connectors/reads/directory.py",
        "[_public(facts) if public else _office(facts) for",
        "[_office(facts) for",
        (f"{READS}::test_an_offices_money_and_people_are_its_own_business",),
    ),
    Mutant(
        "anybody reads anybody's statement",
        "connectors/reads/operations.py",
        " or asked.agency not in (None, holder.agency) or asked.office not in (None, holder.office):\n",
        ":\n",
        ("tests/unit/connectors/reads/test_statement.py::test_an_account_is_shown_to_its_holder_and_to_who_watches",),
    ),
)
