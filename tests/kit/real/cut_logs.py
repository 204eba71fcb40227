"""A broker's log that a power cut shortened: what the broker had acknowledged and the disk had not kept."""

from pathlib import Path
from struct import unpack_from

#: Files that the broker makes again from the segment, and which speak of what is lost.
DERIVED = (".index", ".timeindex", ".snapshot", ".txnindex")
#: A batch begins with its first position and the length of what follows; its last position is further on.
_HEADER = 12
_BATCH_MIN = 61


def cut_tail(kafka: Path, topic: str, partition: int, records: int) -> int:
    """Shorten one partition of a stopped broker by `records` records at least; return where the log ends now.

    Whole batches go, as they would: half a batch is thrown away by the broker's own recovery. `kafka` is the embedded
    broker's folder.
    """
    folder = kafka / "data" / f"{topic}-{partition}"
    [segment] = sorted(folder.glob("*.log"))
    content = segment.read_bytes()
    batches = _batches(content)
    end = batches[-1][1] + 1
    kept = [(start, last) for start, last in batches if last < end - records]
    size, new_end = (0, 0) if not kept else (_end_of(content, kept[-1][0]), kept[-1][1] + 1)
    segment.write_bytes(content[:size])
    for file in folder.iterdir():
        if file.name.endswith(DERIVED) or file.name == "leader-epoch-checkpoint":
            file.unlink()
    for name in (".kafka_cleanshutdown", "recovery-point-offset-checkpoint", "replication-offset-checkpoint"):
        (kafka / "data" / name).unlink(missing_ok=True)
    return new_end


def _batches(content: bytes) -> list[tuple[int, int]]:
    """Return where each batch begins in the file, and its last position."""
    found = []
    start = 0
    while start + _BATCH_MIN <= len(content):
        (first,) = unpack_from(">q", content, start)
        (last_delta,) = unpack_from(">i", content, start + 23)
        found.append((start, first + last_delta))
        start = _end_of(content, start)
    return found


def _end_of(content: bytes, start: int) -> int:
    (length,) = unpack_from(">i", content, start + 8)
    return int(start + _HEADER + length)
