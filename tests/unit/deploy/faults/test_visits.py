"""What a trial says follows from its seed, and the table of endings adds up."""

from datetime import UTC, datetime
from itertools import islice

from deploy.faults.visits import ENDINGS, VisitClaim, VisitKind, Visits, accounts_of, claims_of, conflicting
from schemas.intake_office import RequestAccepted
from schemas.topics import speaker_allowed

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def said(tag: str = "tag", seed: str = "kill-1", count: int = 60) -> list[VisitClaim]:
    return claims_of(list(islice(Visits(seed, tag, NOW).stream(), count)))


def test_the_same_seed_and_tag_say_the_same() -> None:
    assert said() == said()


def test_another_tag_says_it_under_other_ids() -> None:
    ids = {one.identity for one in said()}
    assert not ids & {one.identity for one in said("another")}
    assert [one.kind for one in said()] == [one.kind for one in said("another")]


def test_no_id_is_used_twice_and_every_kind_comes() -> None:
    claims = said()
    assert len({one.identity for one in claims}) == len(claims)
    assert {one.kind for one in claims} == set(VisitKind) - {VisitKind.WINDOW}


def test_no_trials_offices_have_names_that_hold_a_national_id() -> None:
    """The 201st of these tags has ten digits that pass for one."""
    for number in range(250):
        [licence] = Visits("seed", f"tag-{number}", NOW).tight_licence()
        assert speaker_allowed(licence.message.topic, licence.identity[0])


def test_a_window_is_closed_by_the_directorate_under_one_id() -> None:
    [closing], [again] = (Visits("seed", "tag", NOW).close_window(3) for _ in range(2))
    assert closing == again
    assert speaker_allowed(closing.message.topic, closing.identity[0])


def test_only_forgeries_are_said_where_they_may_not_be() -> None:
    for one in said():
        allowed = speaker_allowed(one.message.topic, one.message.envelope.source)
        assert allowed is (one.kind is not VisitKind.FORGED)


def test_the_money_of_every_ending_adds_up_to_zero() -> None:
    for kind in ENDINGS:
        accounts = accounts_of(kind, "office-1")
        assert sum(accounts.values()) == 0
        assert len(accounts) == len(ENDINGS[kind].balances)


def test_conflicts_have_the_same_id_and_another_body_subject_or_type() -> None:
    submission = next(one for one in said() if one.kind is VisitKind.ROUTED)
    acceptance = next(one for one in said() if one.message.envelope.type == RequestAccepted.type_name())
    body, subject = conflicting(submission)
    [kind] = conflicting(acceptance)
    assert {one.identity for one in (body, subject)} == {submission.identity}
    assert kind.identity == acceptance.identity
    assert body.message == submission.message._replace(body=body.message.body)
    assert subject.message.body == submission.message.body
    assert kind.message.body == acceptance.message.body
    assert [one.message.envelope.type for one in (acceptance, kind)] == [
        "ir.pishkhan.RequestAccepted.v1",
        "ir.pishkhan.ServiceStarted.v1",
    ]
