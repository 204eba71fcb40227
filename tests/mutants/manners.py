"""Faults in what people meet at a terminal: settings, outputs, signals, builds that do not fit."""

from tests.mutants.mutant import Mutant

MISTAKES = "tests/unit/deploy/test_mistakes.py"
TERMINALS = "tests/unit/deploy/test_terminals.py"
MIGRATE = "tests/integration/connectors/database/test_migrate.py"
INTERRUPTS = "tests/unit/deploy/test_interrupts.py"

MANNERS: tuple[Mutant, ...] = (
    Mutant(
        "a wrong setting shows its password",
        "deploy/mistakes.py",
        ' or name == _ACCOUNTS or "@" in text:',
        " or name == _ACCOUNTS:",
        (f"{MISTAKES}::test_no_password_is_shown[KAFKA_BOOTSTRAP-bus:hunter2@broker:9092]",),
    ),
    Mutant(
        "a variable that nobody reads goes unnoticed",
        "deploy/mistakes.py",
        "    _refuse(mistakes)\n\n\n@contextmanager",
        "\n\n@contextmanager",
        (f"{MISTAKES}::test_one_that_is_like_no_other_is_to_be_taken_away",),
    ),
    Mutant(
        "engines that were given are not asked",
        "deploy/running/up.py",
        "broker=wanted.kafka is not None, database=wanted.database is not None",
        "broker=False, database=False",
        (f"{MISTAKES}::test_engines_that_were_given_are_asked_before_it_is_said_that_they_answer[broker]",),
    ),
    Mutant(
        "a bus takes ports that are taken",
        "deploy/running/up.py",
        "            if not port_is_free(port):\n",
        "            if False:\n",
        (f"{MISTAKES}::test_ports_that_are_taken",),
    ),
    Mutant(
        "what an encoding lacks is an error",
        "deploy/edge.py",
        'output.encoding, "backslashreplace"',
        'output.encoding, "strict"',
        (f"{TERMINALS}::test_every_help_in_any_encoding[ascii]",),
    ),
    Mutant(
        "a full disk is a trace of calls",
        "deploy/edge.py",
        "            raise OutputLost(error.errno, error.strerror) from None\n",
        "            raise\n",
        (f"{TERMINALS}::test_every_help_into_an_output_that_takes_nothing[full]",),
    ),
    Mutant(
        "a bus ends when nobody hears of it",
        "deploy/commands/up.py",
        "        with suppress(OutputLost):\n",
        "        with suppress(KeyError):\n",
        (f"{TERMINALS}::test_a_bus_goes_on_when_nobody_hears_of_it",),
    ),
    Mutant(
        "a signal that was dropped on the way is lost",
        "deploy/interrupts.py",
        "    if _came:\n        _raise(_came[0])\n",
        "    return\n",
        (f"{INTERRUPTS}::test_a_signal_whose_exception_was_dropped_is_noticed_at_the_next_wait",),
    ),
    Mutant(
        "work aside is left behind at a signal",
        "deploy/interrupts.py",
        "            stop.set()\n        thread.join(LOOK_EVERY_SECONDS)\n",
        "            stop.set()\n            break\n        thread.join(LOOK_EVERY_SECONDS)\n",
        (f"{INTERRUPTS}::test_work_aside_is_told_to_stop_waited_for_and_never_interrupted_itself",),
    ),
    Mutant(
        "an older build works on what a newer one contracted",
        "connectors/database/schema/builds.py",
        "    if row is None or str(row[0]).removeprefix(FLOOR) not in known:\n",
        "    if row is None:\n",
        (f"{MIGRATE}::test_a_database_that_a_newer_build_only_expanded_is_worked_on",),
    ),
)
