"""`pishkhan repair chain`: what is kept beside the ledger's rows, made again where the log proves the rows."""

from typing import Annotated

import typer

from connectors.words.language import Language
from connectors.words.repair import chain_done, chain_lines, question
from deploy.commands.ledger_verify import folding_bar
from deploy.commands.options import DataOption, LanguageOption
from deploy.edge import say, say_lines
from deploy.exits import ExitCode
from deploy.operations.administering import attempted
from deploy.operations.chains import make_chains, plan_chains
from producers.access.audit import AdminAct


def repair_chain(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Make again what is kept beside the ledger's rows: each partition's chain and its open window.

    For a row of settlement's position that was lost or changed: settlement halts there rather than build on it. The
    rows must be exactly those that the requests' log makes, in its order, and must agree with the ends of windows;
    where they do not, nothing is done, and the reason is said. It never changes a row of the ledger.

    [bold]Examples[/bold]

      pishkhan repair chain --dry-run

      pishkhan repair chain --yes
    """
    plan = plan_chains(data, folding_bar)
    say_lines(chain_lines(plan, language))
    made = [one for one in plan if one.after is not None]
    if made and not dry_run:
        if not yes:
            typer.confirm(question(language), abort=True)
        with attempted(data, AdminAct.REPAIR_CHAIN, f"partitions {' '.join(str(one.partition) for one in made)}"):
            make_chains(data, made)
        say(chain_done(language))
    if len(made) < len(plan):
        raise typer.Exit(ExitCode.DIFFERS)
