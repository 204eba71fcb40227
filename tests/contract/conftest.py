"""The two worlds that every suite on stores runs in."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from connectors.database.sql import engine as engines
from tests.contract.worlds import LOCK_TIMEOUT_MS, MemoryWorld, SqlWorld, World


@pytest.fixture(params=["memory", pytest.param("sql", marks=pytest.mark.integration)])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    monkeypatch.setattr(engines, "LOCK_TIMEOUT_MS", LOCK_TIMEOUT_MS)
    with ExitStack() as stack:
        yield SqlWorld(request.getfixturevalue("database"), stack)
