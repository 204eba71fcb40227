"""The declared tables hold each thing once, and decisions are numbered without gaps."""

import re
from collections import Counter
from collections.abc import Iterable

from connectors.accounts import ACCOUNTS
from connectors.database.schema.tables import metadata
from connectors.telemetry.metrics import METRICS
from deploy.cli import COMMANDS
from deploy.workers.table import WORKERS
from schemas.topics import TOPICS
from tests.tidy.files import files, modules, report, text

#: Written by triggers and functions that run with the owner's rights, and read by commands.
FOR_COMMANDS_ALONE = {"removed_row", "publication_horizon", "reconciliation_verdict"}


def repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def test_topics_commands_and_metrics_are_declared_once() -> None:
    report(f"{name}: give each metric one row" for name in repeated(metric.name for metric in METRICS))
    report(f"{name}: give each topic one row" for name in repeated(topic.name for topic in TOPICS))
    report(f"{name}: give each command one row" for name in repeated(command.name for command in COMMANDS))


def test_every_table_is_somebodys_and_every_worker_has_an_account() -> None:
    mine = "add it to the accounts that use it, in connectors/accounts.py; else a worker is refused"
    used = {table for row in ACCOUNTS if row.tables is not None for table in row.tables}
    report(f"{table}: {mine}" for table in sorted(metadata.tables.keys() - used - FOR_COMMANDS_ALONE))
    report(f"{table} is in connectors/accounts.py and no table" for table in sorted(used - metadata.tables.keys()))
    accounts = [row.name for row in ACCOUNTS]
    report(f"{name}: give each account one row" for name in repeated(accounts))
    report(f"{row.name} has no row in connectors/accounts.py" for row in WORKERS if row.name not in accounts)


def test_every_command_module_is_in_the_list_of_commands() -> None:
    listed = {command.module.replace(".", "/") + ".py" for command in COMMANDS}
    report(
        f"{name} registers a command: add its row to COMMANDS in deploy/cli.py"
        for name in modules("deploy/commands/")
        if "\ndef register(" in (text(name) or "") and name not in listed
    )


def test_decisions_are_numbered_without_gaps_and_titled() -> None:
    decisions = [name for name in files() if name.startswith("docs/decisions/")]
    numbers = []
    problems = []
    for path in decisions:
        found = re.fullmatch(r"docs/decisions/(\d{4})-[a-z0-9-]+\.md", path)
        number = int(found[1]) if found else 0
        numbers.append(number)
        if not found:
            problems.append(f"{path}: call it NNNN-words-with-hyphens.md")
        elif not (text(path) or "").startswith(f"# {number}. "):
            problems.append(f"{path}: begin it with `# {number}. ` and its title")
    if numbers != list(range(1, len(numbers) + 1)):
        problems.append(f"docs/decisions: the numbers are {numbers}: give each decision the next one")
    report(problems)
