"""One fault that is put into the code on purpose."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` occurs exactly once in `path`, and is replaced by `new`; each of `tests` must fail by itself then.

    Tests that end in `[sql]`, and integration tests, need the real PostgreSQL: only its locks and its SQL can show it.
    """

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]
