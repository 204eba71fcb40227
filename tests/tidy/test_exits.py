"""Exit codes come from the one declared table, and a command that could end otherwise than its row says is found."""

import ast

from deploy.cli import COMMANDS
from deploy.exits import ALWAYS, ExitCode
from tests.tidy.files import modules, report, tree

SOURCES = ("schemas/", "producers/", "consumers/", "connectors/", "deploy/")
ENDING = {"typer.Exit", "click.exceptions.Exit", "Exit", "SystemExit", "sys.exit", "os._exit", "exit", "quit"}
#: Run by itself, without the project's packages, in place of another program: its code is nobody's answer.
ALONE = "deploy/processes/launch.py"
#: Problems whose class says how they end.
CLASSES = {"Misused": ExitCode.USAGE, "Unreachable": ExitCode.UNKNOWN}
#: What commands share; what they import beyond these runs in workers and engines, or has no code of its own.
SHARED = (
    "deploy.commands.",
    "deploy.terminal.",
    "deploy.operations.rereading",
    "deploy.operations.comparing",
    "deploy.operations.keys",
    "deploy.operations.vault",
    "deploy.use_cases",
    "deploy.provinces.loading",
    "deploy.faults.",
)

#: Ways to end that a command takes for another one: whether a trial could be made is not known without its province,
#: and a demonstration's engines are its own, so that one which does not answer is a problem and no doubt.
TAKEN_OTHERWISE = {("faults", ExitCode.UNANSWERED), ("demo", ExitCode.UNKNOWN)}


def test_no_code_is_a_number() -> None:
    report(
        f"{name}:{node.lineno} ends with {ast.unparse(node)}: take a code of deploy/exits.py"
        for name in modules(*SOURCES)
        if name != ALONE
        for node in _ending_with_something_else(tree(name))
    )


def test_the_rule_sees_what_it_forbids() -> None:
    code = "sys.exit(1)\nraise SystemExit(main())\ntyper.Exit()\nsys.exit(problem.ends)\ntyper.Exit(ExitCode.WAITS)\n"
    found = [node.lineno for node in _ending_with_something_else(ast.parse(code))]
    assert found == [1, 2, 3]


def test_every_command_ends_as_its_row_says() -> None:
    for row in COMMANDS:
        declared = {*ALWAYS, *row.ends, *(code for codes in row.but.values() for code in codes)}
        used = {code for module in _shared(row.module) for code in _codes(module)}
        used -= {code for name, code in TAKEN_OTHERWISE if name == row.name}
        report(
            f"`pishkhan {row.name}` may end with {code.name}: say so in its row of deploy/cli.py"
            for code in sorted(used - declared)
        )
        report(
            f"`pishkhan {row.name}` never ends with {code.name}: take it out of its row of deploy/cli.py"
            for code in sorted(declared - used - {*ALWAYS})
        )


def _ending_with_something_else(module: ast.Module) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ENDING and not _is_of_the_table(node)
    ]


def _is_of_the_table(call: ast.Call) -> bool:
    given = [ast.unparse(one) for one in call.args]
    return len(given) == 1 and (given[0].startswith("ExitCode.") or given[0] in ("problem.ends", "code"))


def _codes(module: str) -> set[ExitCode]:
    found = set()
    for node in ast.walk(tree(f"{module.replace('.', '/')}.py")):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "ExitCode":
            found.add(ExitCode[node.attr])
        elif isinstance(node, ast.Name) and node.id in CLASSES:
            found.add(CLASSES[node.id])
    return found


def _shared(module: str) -> set[str]:
    """Return the module and those of what commands share that it imports, at any remove; not other commands."""
    seen: set[str] = {row.module for row in COMMANDS} - {module}
    mine: set[str] = set()
    waiting = [module]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        mine.add(one)
        for node in ast.walk(tree(f"{one.replace('.', '/')}.py")):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SHARED):
                waiting.append(str(node.module))
    return mine
