"""`pishkhan repair`: bring back a topic that lost records, from what the database keeps; and chains, from the rows."""

from collections.abc import Iterable
from typing import Annotated

import typer

from connectors.words.language import Language
from connectors.words.repair import done_lines, plan_lines, question
from consumers.reconciliation.comparison import Comparison
from consumers.reconciliation.domain.repair import Reader, RepairPlan, plan_repair
from deploy.commands.chain import repair_chain
from deploy.commands.halted import pass_one, show_halted
from deploy.commands.options import DataOption, LanguageOption
from deploy.commands.reconcile import bar
from deploy.edge import say
from deploy.operations.administering import attempted
from deploy.operations.comparing import comparing, repair
from deploy.problem import Misused, Problem
from deploy.settings import load_settings
from producers.access.audit import AdminAct
from schemas.topics import topic_of


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help="Bring back what a topic lost, from what the database keeps; and pass what nobody can read or apply.\n\n"
        "[bold]Examples[/bold]\n\n"
        "pishkhan repair topic pishkhan.log.requests --dry-run\n\n"
        "pishkhan repair chain --dry-run\n\n"
        "pishkhan repair halted\n\n"
        "pishkhan repair pass pishkhan.intake.gas 0 4711 --reason 'a damaged batch; the agency sends it again'",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )
    group.callback()(lambda: None)
    group.command("topic")(repair_topic)
    group.command("chain")(repair_chain)
    group.command("halted")(show_halted)
    group.command("pass")(pass_one)
    app.add_typer(group, name="repair")


def repair_topic(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="A topic's name, as `pishkhan reconcile` shows it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Publish again what the topic lost, and let consumers go back to what they have not applied.

    For a log that lost its tail (a power cut, a broker's disk), for a topic that was made anew, and for positions that
    were moved by hand. The topic is compared with the database first. Then, in one transaction, published rows of the
    outbox that the topic lacks are handed to the relay again, and positions go back. Nothing is applied twice: every
    consumer leaves out what it has applied. It works beside live traffic, and doing it again changes nothing more.

    What cannot be brought back is said: events older than the outbox's days, and claims that an agency wrote to its
    topic itself. What those led to stays.

    [bold]Examples[/bold]

      pishkhan repair topic pishkhan.log.requests --dry-run

      pishkhan repair topic pishkhan.log.requests --yes
    """
    if topic_of(topic) is None:
        raise Misused(f"{topic} is no topic of the bus. `pishkhan reconcile` names those that need a repair.")
    settings = load_settings(data)
    with bar() as watch, comparing(settings, watch, topic) as (comparison, logs):
        plan = _plan(comparison, topic, logs.outside_readers(topic))
        partitions = [one for one in logs.partitions() if one.topic == topic]
        cluster_id = logs.cluster_id()
    if not partitions:
        raise Problem(f"The broker has no topic {topic}. `pishkhan up` creates it again, empty; repair it then.")
    for line in plan_lines(plan, language):
        say(line)
    if dry_run or not plan.needed:
        return
    if not yes:
        typer.confirm(question(language), abort=True)
    with attempted(data, AdminAct.REPAIR_TOPIC, topic):
        done = repair(data, plan, cluster_id, partitions)
    for line in done_lines(done, language):
        say(line)


def _plan(comparison: Comparison, topic: str, readers: Iterable[Reader]) -> RepairPlan:
    findings = list(comparison.findings())
    assert comparison.cut is not None, "a comparison that was taken to its end has its cut"
    return plan_repair(topic, findings, comparison.positions, comparison.cut, readers)
