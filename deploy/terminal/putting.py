"""Put versions of things from a file: show what changes, say what the registry does not hold yet, print the answer."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from connectors.words.changes import plan_lines
from connectors.words.language import Phrase
from consumers.registry.domain.entries import value_of
from consumers.registry.domain.known import EntryKind
from consumers.registry.lookup import RegistryReads
from deploy.exits import ExitCode
from deploy.problem import Misused
from deploy.terminal.records import Numbers, Record, check_there, read_records
from deploy.terminal.speaking import Terminal
from producers.acts import Act
from producers.changes import Change, Value, is_proposed
from producers.registration import Plan
from schemas.agreements import Agreement
from schemas.offices import Office

_KNOWN = Phrase(
    "{code} چنان‌که در پرونده است از پیش نسخه {version} است.", "{code} is known as the file has it: version {version}."
)
_TAKEN = Phrase(
    "نسخه {version} از {code} شناخته است و چیز دیگری می‌گوید؛ version را بردارید تا نسخه {next} شود.",
    "version {version} of {code} is known and says otherwise; leave `version` out, and it becomes version {next}.",
)
_ONE_ID = Phrase(
    "--id شناسه یک گفته است و این پرونده {count} نسخه تازه دارد؛ هر یک را در پرونده‌ای جدا بگذارید.",
    "--id names one event, and the file has {count} new versions; put each into a file of its own.",
)


def put_from_file(
    terminal: Terminal, act: Act, source: str, path: Path, wait_seconds: float, event_id: str | None, **said: Any
) -> ExitCode:
    """Say every version in the file that the registry does not hold, in the file's order, up to one that is not taken.

    A record without a version is the next one, without `valid_from` it holds from now on. `said` are fields that the
    speaker says by itself. Raises `Misused` for what is wrong in the file.
    """
    check_there(path)
    [(name, field)] = act.event.model_fields.items()
    model, kind, now = (
        cast(Any, field.annotation),
        EntryKind(name),
        terminal.clock.now().replace(second=0, microsecond=0),
    )
    with terminal.before_saying() as view:
        known = _Known(view.registry, kind, now)
        records = read_records(path, model, known.numbers, said)
        fresh = [record for record in records if not _told_as_known(terminal, record, known)]
        if event_id is not None and len(fresh) > 1:
            raise Misused(_ONE_ID.filled(count=len(fresh)))
        offices = _offices(view.registry) if model is Agreement else []
    for record in fresh:
        value: Value = record.value
        terminal.console.print_lines(plan_lines(known.plan(value), offices, terminal.language))
        event = act.event.model_validate({name: value})
        code = terminal.act(source, event, wait_seconds, event_id)
        if code is not ExitCode.DONE:
            return code
    return ExitCode.DONE


class _Known:
    """What the registry holds of the things of one kind that a file names."""

    def __init__(self, registry: RegistryReads, kind: EntryKind, now: datetime) -> None:
        self._registry = registry
        self._kind = kind
        self._now = now
        self._versions: dict[str, list[Value]] = {}

    def of(self, code: str) -> list[Value]:
        """Return a thing's versions, oldest first."""
        if code not in self._versions:
            self._versions[code] = [value_of(entry) for entry in self._registry.history(self._kind, code)]
        return self._versions[code]

    def numbers(self, code: str) -> Numbers:
        """Return the number of a thing's next version, and now."""
        versions = self.of(code)
        return Numbers(versions[-1].version + 1 if versions else 1, self._now)

    def plan(self, value: Value) -> Plan:
        """Return what a version changes, for the words of it; from then on it is known."""
        versions = self.of(value.code)
        binding = [one for one in versions if not is_proposed(one)]
        before = (binding or versions)[-1:]
        versions.append(value)
        change = Change(before[0] if before else None, value)
        return Plan((), () if before else (change,), (change,) if before else (), (), 0)


def _told_as_known(terminal: Terminal, record: Record[Any], known: _Known) -> bool:
    """Say whether the registry holds what the record says, and tell so. Raises `Misused` when its number is taken."""
    value = record.value
    versions = known.of(value.code)
    if "version" in record.given:
        same = [one for one in versions if one.version == value.version]
    else:
        # An agreement that its agency has confirmed is one version further than it was put.
        same = versions[-2:] if isinstance(value, Agreement) else versions[-1:]
    loose = {name for name in ("version", "valid_from") if name not in record.given}
    found = [one for one in same if _but(one, loose) == _but(value, loose)]
    if found:
        terminal.console.print(_KNOWN.fill(terminal.language, code=value.code, version=str(found[-1].version)))
    elif same and "version" in record.given:
        number, following = str(value.version), str(versions[-1].version + 1)
        raise Misused(_TAKEN.filled(version=number, code=value.code, next=following))
    return bool(found)


def _but(value: Value, names: set[str]) -> dict[str, Any]:
    return value.model_dump(exclude=names)


def _offices(registry: RegistryReads) -> Sequence[Office]:
    newest = {}
    for entry in registry.known((), [EntryKind.OFFICE]):
        value = value_of(entry)
        newest[value.code] = value
    return [value for value in newest.values() if isinstance(value, Office)]
