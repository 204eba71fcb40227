"""Everything that is shown to people leaves by one way, which lets nothing from outside steer a terminal."""

import ast

from tests.tidy.files import modules, report, tree

SOURCES = ("schemas/", "producers/", "consumers/", "connectors/", "deploy/")
#: The way out itself.
EDGE = "deploy/edge.py"
#: Who writes CSV, and why it may: everything else that does passes each cell through `csv_cell`.
CSV = {
    # Each cell passes through `csv_cell`: tests/unit/connectors/test_visible.py and the test of the export.
    "deploy/commands/ledger.py",
    # Files of a province that are made up by ourselves, to be read back: nothing in them is from outside.
    "deploy/provinces/generation/facts.py",
}
#: What writes past the way out: by module and name.
FORBIDDEN_IMPORTS = {("rich.console", "Console"), ("rich.table", "Table"), ("rich", "print"), ("click", "echo")}
FORBIDDEN_CALLS = {"typer.echo", "typer.secho", "click.echo", "sys.stdout.write", "sys.stderr.write", "print"}


def test_nothing_is_shown_past_the_way_out() -> None:
    report(
        f"{name}:{line} uses {what}: say it through {EDGE}"
        for name in modules(*SOURCES)
        if name != EDGE
        for line, what in _past_the_way_out(tree(name))
    )


def test_csv_is_written_where_the_table_says() -> None:
    found = {
        name
        for name in modules(*SOURCES)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("csv.writer", "csv.DictWriter")
    }
    assert found == CSV


def test_the_rule_sees_what_it_forbids() -> None:
    code = "from rich.console import Console\nimport typer\ntyper.echo('x')\nprint('y')\nsys.stdout.write('z')\n"
    assert [line for line, _ in _past_the_way_out(ast.parse(code))] == [1, 3, 4, 5]


def _past_the_way_out(module: ast.Module) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            found += [
                (node.lineno, f"{node.module}.{alias.name}")
                for alias in node.names
                if (node.module, alias.name) in FORBIDDEN_IMPORTS
            ]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in FORBIDDEN_CALLS:
            found.append((node.lineno, ast.unparse(node.func)))
    return sorted(found)
