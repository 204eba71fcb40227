"""The table of reads, and how a query is read by it."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

import pytest

from connectors.reads.asking import Kind, Parameter, Unfit, query_of
from connectors.reads.table import READS, Read
from producers.access.parties import GRANTABLE, PartyKind, Scope
from producers.acts import ACTS

REQUEST = "0197a1b2-0000-7000-8000-000000000001"
PARAMETERS = (
    Parameter("state", Kind.CODE, "", ("routed", "accepted")),
    Parameter("after", Kind.REQUEST, ""),
    Parameter("limit", Kind.NUMBER, "", number_max=10),
    Parameter("opened_from", Kind.DAY, ""),
    Parameter("late", Kind.FLAG, ""),
    Parameter("prefix", Kind.TEXT, ""),
)


def test_names_and_paths_are_declared_once() -> None:
    for values in ([read.name for read in READS], [read.path for read in READS]):
        assert [value for value, count in Counter(values).items() if count > 1] == []
    acts = {(act.method, act.path) for act in ACTS}
    assert not acts & {("GET", read.path) for read in READS}
    assert not {act.name for act in ACTS} & {read.name for read in READS}


@pytest.mark.parametrize("read", READS, ids=lambda read: read.name)
def test_a_read_is_for_parties_whose_keys_may_have_its_scope(read: Read) -> None:
    assert read.scope is Scope.READ
    assert read.parties
    assert all(read.scope in GRANTABLE[kind] for kind in read.parties)
    assert len(set(read.parties)) == len(read.parties)
    names = [parameter.name for parameter in read.query]
    assert len(set(names)) == len(names)


def test_auditors_and_the_working_group_see_what_the_directorate_sees() -> None:
    for read in READS:
        watchers = {PartyKind.DIRECTORATE, PartyKind.WORKING_GROUP, PartyKind.AUDITOR} & set(read.parties)
        assert len(watchers) in (0, 3), read.name


def test_a_query_is_read_by_its_kinds() -> None:
    given = [
        ("state", "routed"),
        ("after", REQUEST),
        ("limit", "7"),
        ("opened_from", "1405-09-04"),
        ("late", "true"),
        ("prefix", "office:"),
    ]
    assert query_of(PARAMETERS, given) == {
        "state": "routed",
        "after": UUID(REQUEST),
        "limit": 7,
        "opened_from": datetime(2026, 11, 24, 20, 30, tzinfo=UTC),
        "late": True,
        "prefix": "office:",
    }
    assert query_of(PARAMETERS, []) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("state", "lost"),
        ("state", "Routed"),
        ("after", "019ab3c4"),
        ("limit", "0"),
        ("limit", "11"),
        ("limit", "1e1"),
        ("limit", "۷"),
        ("limit", ""),
        ("opened_from", "yesterday"),
        ("late", "yes"),
        ("prefix", "a b"),
        ("prefix", "x" * 201),
        ("unheard", "of"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, text: str) -> None:
    with pytest.raises(Unfit) as unfit:
        query_of(PARAMETERS, [(name, text)])
    assert unfit.value.name == name
    assert text not in unfit.value.problem or text in ("", "0", "11", "1e1", "of")


def test_a_parameter_stands_once_and_a_required_one_must() -> None:
    with pytest.raises(Unfit, match="twice"):
        query_of(PARAMETERS, [("limit", "1"), ("limit", "2")])
    with pytest.raises(Unfit, match="missing"):
        query_of((Parameter("window", Kind.NUMBER, "", required=True),), [])
    with pytest.raises(Unfit, match="query"):
        query_of(PARAMETERS, [("<script>", "1")])
