"""Commands show what use cases give: they compose no SQL, speak to no engine themselves and read no records of logs.

That they import no store and no broker's client is a contract in `pyproject.toml`; what they do with a connection that
they are given is looked for here.
"""

import ast

from tests.tidy.files import modules, report, tree

SKINS = ("deploy/commands/", "deploy/terminal/")
#: Libraries of engines, and what of them a skin may name: a URL without its password.
ENGINES = {
    "sqlalchemy": {"make_url"},
    "psycopg": set(),
    "kafka": set(),
    "confluent_kafka": set(),
}
#: Who reads records and how they are read is the floor's (`consumers.requests.account`, `consumers.logs`).
RECORDS = {"read_log", "event_of", "from_headers"}
READING = {"consumers.logs", "schemas.envelope"}
CALLS = {"execute", "executemany", "exec_driver_sql", "poll", "cursor"}
#: What a view or a bus holds for its own use cases, and no skin may take.
HELD = {"connection"}


def test_no_command_composes_sql_or_reads_a_log_itself() -> None:
    report(
        f"{name}:{line} {what}: leave it to a use case in producers/ or consumers/, or to a store in connectors/"
        for name in modules(*SKINS)
        for line, what in _beyond_a_skin(tree(name))
    )


def test_the_rule_sees_what_it_forbids() -> None:
    code = (
        "from sqlalchemy import Connection, text\nimport psycopg\nfrom kafka import KafkaConsumer\n"
        "from consumers.logs import Progress, read_log\nconnection.execute('x')\nview.connection\n"
    )
    assert [line for line, _ in _beyond_a_skin(ast.parse(code))] == [1, 1, 2, 3, 4, 5, 6]


def _beyond_a_skin(module: ast.Module) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found += [(node.lineno, f"imports {one.name}") for one in node.names if one.name.split(".")[0] in ENGINES]
        elif isinstance(node, ast.ImportFrom):
            allowed = ENGINES.get((node.module or "").split(".")[0])
            for one in node.names:
                if (one.name in RECORDS and node.module in READING) or (
                    allowed is not None and one.name not in allowed
                ):
                    found.append((node.lineno, f"imports {one.name} of {node.module}"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS:
            found.append((node.lineno, f"calls {node.func.attr}()"))
        elif isinstance(node, ast.Attribute) and node.attr in HELD:
            found.append((node.lineno, f"takes the {node.attr} itself"))
    return sorted(found)
