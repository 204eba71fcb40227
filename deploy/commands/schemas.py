"""`pishkhan schemas`: what outsiders get of the events, and the released schemas that no change may break."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from connectors.http import openapi
from deploy.commands.options import DataOption
from deploy.edge import say
from deploy.exits import ExitCode
from deploy.problem import Problem
from deploy.settings import KafkaSecurity, load_settings
from schemas.asyncapi import document
from schemas.decode import all_events
from schemas.export import file_name, json_schema
from schemas.release import RELEASED_FOLDER, load_released, review

#: What stands in the document when no bus is known and no address given.
NO_BROKER = "localhost:9092"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="JSON Schema and AsyncAPI of every event, and their releases.", no_args_is_help=True)
    group.command()(export)
    group.command()(release)
    app.add_typer(group, name="schemas")


def export(
    folder: Annotated[Path, typer.Argument(help="Where to write; made when it is not there.")],
    bootstrap: Annotated[
        str | None, typer.Option(help="The broker's address to name in the document; by default the bus's own.")
    ] = None,
    security_protocol: Annotated[
        KafkaSecurity | None, typer.Option(help="SASL_PLAINTEXT on one machine, SASL_SSL over a network.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Write one JSON Schema per event, the AsyncAPI document of the whole bus and the OpenAPI document of its gateway.

    The document names the broker of the bus in the data folder (or of PISHKHAN_KAFKA_BOOTSTRAP); say what outsiders
    must use when that is another address.

    [bold]Examples[/bold]

      pishkhan schemas export build/schemas

      pishkhan schemas export build/schemas --bootstrap kafka.example.org:9093 --security-protocol SASL_SSL
    """
    settings = load_settings(data)
    address = bootstrap or settings.kafka_bootstrap or NO_BROKER
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in _current().items():
        _write(folder / name, schema)
    text = yaml.dump(
        document(address, (security_protocol or settings.kafka_security).value),
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=120,
    )
    (folder / "asyncapi.yaml").write_text(text, encoding="utf-8")
    _write(folder / "openapi.json", openapi.document(settings.gateway_address))
    say(f"{len(_current())} schemas, asyncapi.yaml and openapi.json written to {folder}; the broker in it is {address}")
    if address == NO_BROKER and bootstrap is None:
        say("No bus is known here, so that address is a guess: give --bootstrap, or the bus's folder with --data.")


def release(
    folder: Annotated[Path, typer.Option(help="The folder of released schemas.")] = RELEASED_FOLDER,
) -> None:
    """Take the current schemas as released, when nobody who writes by the released ones is broken.

    [bold]Examples[/bold]

      pishkhan schemas release
    """
    current = _current()
    found = review(load_released(folder), current)
    if found.broken:
        lines = [f"{name}: {problem}" for name, problems in found.broken.items() for problem in problems]
        remedy = "Nothing was released. Undo these changes, or add the event's next major version beside it."
        raise Problem("\n".join([*lines, remedy]), ExitCode.REFUSED)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*found.added, *found.changed):
        _write(folder / name, current[name])
    say(f"{len(found.added)} new and {len(found.changed)} changed schemas released, {len(current)} in all")


class _Dumper(yaml.SafeDumper):
    """Plain YAML: no anchors, which readers of the document may not follow, and long texts as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _current() -> dict[str, Any]:
    return {file_name(model): json_schema(model) for model in all_events().values()}


def _write(path: Path, schema: Any) -> None:
    path.write_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
