"""The journal of a trial: on disk before anything is said, so that what was acknowledged can be asked for."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.faults.visits import VisitClaim, VisitKind


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One claim that was said. It may have been said several times; it is acknowledged if one of them was."""

    kind: VisitKind
    subject: str
    office: str
    source: str
    event_id: str
    acknowledged: bool


class Journal:
    """Appends to one file, and forces every line to the disk before it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab")

    def said(self, batch: Sequence[VisitClaim]) -> None:
        """Note claims before they are sent."""
        self._write(
            {"kind": one.kind, "subject": one.subject, "office": one.office, "source": source, "id": event_id}
            for one in batch
            for source, event_id in (one.identity,)
        )

    def acknowledged(self, batch: Sequence[VisitClaim]) -> None:
        """Note that the broker or the outbox has them."""
        self._write({"acknowledged": [list(one.identity) for one in batch]} for _ in (1,))

    def close(self) -> None:
        """End writing."""
        self._file.close()

    def entries(self) -> list[JournalEntry]:
        """Return every claim once, as the file has them."""
        said: dict[tuple[str, str], JournalEntry] = {}
        acknowledged: set[tuple[str, str]] = set()
        for text in self._path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            if "acknowledged" in line:
                acknowledged.update((source, event_id) for source, event_id in line["acknowledged"])
            else:
                entry = JournalEntry(
                    VisitKind(line["kind"]), line["subject"], line["office"], line["source"], line["id"], False
                )
                said.setdefault((entry.source, entry.event_id), entry)
        return [
            JournalEntry(entry.kind, entry.subject, entry.office, *identity, identity in acknowledged)
            for identity, entry in said.items()
        ]

    def _write(self, lines: Iterator[object]) -> None:
        self._file.write(b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines))
        self._file.flush()
        os.fsync(self._file.fileno())
