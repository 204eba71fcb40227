"""A worker's log as files of a bounded size: when the newest is full it is renamed, and the oldest goes."""

import os
import sys
from dataclasses import dataclass
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LogFile:
    """Where a log goes: `path` is the newest file, of `bytes_max` at most; `path.1` is the one before, and so on.

    `older` such files are kept beside the newest.
    """

    path: Path
    bytes_max: int
    older: int


class RotatedOutput(RotatingFileHandler):
    """Writes lines to a file, and leads to it whatever else this process says on either output.

    What a library in C or a dying interpreter prints comes by no logger. A full file is renamed while it is open, and
    closed when the next one is there, so no line is lost on the way; where nothing can be renamed or opened, the file
    becomes longer than it should.
    """

    def __init__(self, file: LogFile) -> None:
        super().__init__(file.path, maxBytes=file.bytes_max, backupCount=file.older, encoding="utf-8")

    def doRollover(self) -> None:  # noqa: N802 - the library's name
        """Begin the next file, or go on with this one."""
        full = self.stream
        try:
            self._rename()
            self.stream = self._open()
        except OSError:
            return
        if full is not None:
            full.close()

    def _rename(self) -> None:
        names = [self.baseFilename, *(f"{self.baseFilename}.{number}" for number in range(1, self.backupCount + 1))]
        if not os.path.exists(names[0]):
            # An earlier try came no further than this.
            return
        for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
            if os.path.exists(newer):
                os.replace(newer, older)

    def _open(self) -> TextIOWrapper:
        opened = super()._open()
        for output in (sys.__stdout__, sys.__stderr__):
            if output is not None:
                output.flush()
                os.dup2(opened.fileno(), output.fileno())
        return opened
