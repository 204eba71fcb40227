"""What a step of the migrations takes from older builds, found by letting it say what it would do."""

import re
from types import ModuleType, SimpleNamespace
from typing import Any

#: Of plain statements, those that leave to others what they had. `DROP DEFAULT` and the like are among them.
_TAKING = re.compile(
    r"\b(DROP|RENAME|TRUNCATE|DELETE\s+FROM|SET\s+NOT\s+NULL|REVOKE\s+(?!ALL\s+ON\s+FUNCTION)\w+)\b", re.I
)
#: Bodies of functions run later, and what they do is not done to tables now.
_BODY = re.compile(r"(\$\w*\$).*?\1", re.S)
_ADDING = frozenset({"create_table", "create_index", "add_column", "bulk_insert", "execute", "f", "get_bind"})


def taken_from_older_builds(step: ModuleType) -> list[str]:
    """Return what `step` takes, in words; none when every older build can work on beside it.

    A builder is one that adds: tables, indexes, functions, columns that may be left out. Whatever else it calls, or a
    column that older builds would have to fill, is said.
    """
    taken: list[str] = []

    def note(name: str) -> Any:
        def called(*values: Any, **options: Any) -> Any:
            if name == "execute":
                text = _BODY.sub("", str(values[0]))
                taken.extend(f"{found[1].upper()} in {text.strip()[:60]!r}" for found in _TAKING.finditer(text))
            elif name == "add_column" and not _may_be_left_out(values[1]):
                taken.append(
                    f"add_column: older builds leave {values[0]}.{values[1].name} out, and it must have a value"
                )
            elif name not in _ADDING:
                taken.append(f"{name} {values[0] if values else options}")
            return SimpleNamespace(execute=note("execute"))

        return called

    class Recorder:
        def __getattr__(self, name: str) -> Any:
            return note(name)

    real = step.op
    step.op = Recorder()  # type: ignore[attr-defined]  # every step imports it
    try:
        step.upgrade()
    finally:
        step.op = real  # type: ignore[attr-defined]  # every step imports it
    return taken


def _may_be_left_out(column: Any) -> bool:
    return column.nullable or column.server_default is not None or column.identity is not None
