"""`pishkhan repair halted` and `pishkhan repair pass`: where consumers stand still, and how they get past it."""

from typing import Annotated

import typer

from consumers.halted import HaltLine, NobodyStands, pass_halted
from deploy.commands.options import DataOption
from deploy.edge import Grid, Screen, say
from deploy.exits import ExitCode
from deploy.operations.administering import administered, this_user
from deploy.problem import Misused, Problem
from deploy.use_cases import opened
from producers.access.audit import AdminAct
from schemas.partition import Place

TopicArgument = Annotated[str, typer.Argument(metavar="TOPIC", help="The topic, as `pishkhan repair halted` shows it.")]
PartitionArgument = Annotated[int, typer.Argument(metavar="PARTITION", help="The partition.", min=0)]
PositionArgument = Annotated[
    int, typer.Argument(metavar="POSITION", help="Where it stands. It must still stand there.", min=0)
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why it is passed; it stays on record.")]
ByOption = Annotated[str, typer.Option(help="Who decides.", default_factory=this_user, show_default="your login")]
ConsumerOption = Annotated[
    str | None, typer.Option(help="Only for this consumer; else for every one that stands there.")
]


def show_halted(data: DataOption = None) -> None:
    """Show where consumers stand still and why: what it is, how much, its hash, and who has passed it.

    A partition whose position was lost is not among them: `pishkhan repair topic` is for that.

    [bold]Example[/bold]

      pishkhan repair halted
    """
    with opened(data) as view:
        lines = view.halts.standing()
    if not lines:
        say("No consumer stands still at anything that could be passed.")
        return
    table = Grid("since", "consumer", "topic", "partition", "position", "bytes", "sha256", "cause", "why", "passed by")
    for line in lines:
        since = f"{line.halted_at:%Y-%m-%d %H:%M:%S}"
        position = str(line.position) if line.end == line.position + 1 else f"{line.position} to {line.end - 1}"
        said = "" if line.decided_by is None else f"{line.decided_by}: {line.decided_why}"
        cells = (since, line.consumer, line.topic, str(line.partition), position, str(line.length))
        table.add_row(*cells, line.sha256[:16], line.cause, line.why.partition("\n")[0], said)
    Screen().print(table)


def pass_one(
    topic: TopicArgument,
    partition: PartitionArgument,
    position: PositionArgument,
    reason: ReasonOption,
    by: ByOption,
    consumer: ConsumerOption = None,
    data: DataOption = None,
) -> None:
    """Let consumers go on behind what they stand still at: it is never applied, and goes to the dead letters.

    Exactly what was shown is passed: if the consumer has gone on meanwhile, or stands at something else, nothing is
    done. A worker acts on it within half a minute, in the transaction that moves its position. Who passed what, when
    and why stays on record, with the length and the hash of what it was.

    What can be mended is better mended: in a log of the bus, later events of the same request wait behind what is
    passed, as behind a gap.

    [bold]Example[/bold]

      pishkhan repair pass pishkhan.intake.gas 0 4711 --reason 'a damaged batch; the agency sends it again'
    """
    if not reason.strip():
        raise Misused("Say why it is passed (--reason): it stays on record.")
    about = f"{topic}/{partition} at {position}" + ("" if consumer is None else f", {consumer}")
    with administered(data, AdminAct.REPAIR_PASS, about, by) as (view, deed):
        try:
            passed = pass_halted(view.halts, Place(topic, partition), position, by, reason, consumer)
        except NobodyStands as error:
            raise Problem(_nothing_there(error, topic, partition, position), ExitCode.REFUSED) from None
        deed.note(f"passed now {len(passed.now)}, before {len(passed.before)}")
    for line in passed.now:
        say(f"{line.consumer} passes {_place(line)} within half a minute; it is in the dead letters then.")
    for line in passed.before:
        say(f"{line.consumer}: {line.decided_by} has passed {_place(line)} already: {line.decided_why}")


def _nothing_there(nobody: NobodyStands, topic: str, partition: int, position: int) -> str:
    words = f"Nobody stands still at position {position} of {topic}/{partition}, so nothing was done."
    for line in nobody.others:
        words += f" {line.consumer} stands at {line.position}."
    return f"{words} `pishkhan repair halted` shows where consumers stand."


def _place(line: HaltLine) -> str:
    last = "" if line.end == line.position + 1 else f" to {line.end - 1}"
    return f"{line.topic}/{line.partition} at {line.position}{last} ({line.cause})"
