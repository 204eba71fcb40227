"""Releases: what was promised to outsiders is kept, and every change is taken into the released folder."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from schemas.base import Event
from schemas.compatibility import compare
from schemas.decode import all_events
from schemas.export import closed, file_name, json_schema, opened
from schemas.intake_agency import RequestSubmitted, ServicePublished
from schemas.intake_office import FeeCollected
from schemas.log_requests import RequestRouted
from schemas.release import breaking_changes, load_released, review

CURRENT = {file_name(model): json_schema(model) for model in all_events().values()}


def test_no_released_schema_is_broken() -> None:
    broken = review(load_released(), CURRENT).broken
    assert not broken, (
        "undo the change, or add the event's next major version beside it: see docs/how-to/add-an-event.md"
    )


def test_every_schema_is_released_as_it_is() -> None:
    found = review(load_released(), CURRENT)
    assert not (*found.added, *found.changed), "run `pishkhan schemas release` and commit schemas/released"


@pytest.mark.parametrize("name", CURRENT)
def test_the_checker_can_judge_every_schema_of_ours(name: str) -> None:
    assert compare(opened(CURRENT[name]), closed(CURRENT[name]), keep_fields=True).compatible


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("model", "change", "problem"),
    [
        (RequestSubmitted, lambda s: s["properties"].pop("office"), "office: was removed"),
        (RequestSubmitted, lambda s: s["required"].append("office"), "office: is newly required"),
        (
            RequestSubmitted,
            lambda s: s["properties"].update(urgent={"type": "boolean"}) or s["required"].append("urgent"),
            "urgent: is newly required",
        ),
        (
            RequestSubmitted,
            lambda s: s["properties"].update(city={"type": "integer"}),
            "city: type string is no longer accepted",
        ),
        (
            RequestSubmitted,
            lambda s: s["$defs"]["Origin"]["enum"].remove("agency"),
            "origin: 'agency' is no longer accepted",
        ),
        (
            RequestSubmitted,
            lambda s: s["properties"]["form"].update(maxProperties=50),
            "form: maxProperties was 100, is 50",
        ),
        (RequestSubmitted, lambda s: s["properties"]["service"].update(pattern="^[a-z]$"), "service: pattern was "),
        (
            FeeCollected,
            lambda s: s["properties"]["amount_rial"].update(maximum=5),
            "amount_rial: the upper bound was lowered",
        ),
        (
            FeeCollected,
            lambda s: s["properties"]["amount_rial"].update(minimum=2),
            "amount_rial: the lower bound was raised",
        ),
        (
            ServicePublished,
            lambda s: s["$defs"]["FormAttribute"]["properties"]["order"].update(maximum=100),
            "service.form.items.order: the upper bound was lowered",
        ),
        (
            ServicePublished,
            lambda s: s["$defs"]["Channels"]["properties"].pop("rural"),
            "service.channels.rural: was removed",
        ),
        (
            RequestRouted,
            lambda s: s["$defs"]["Exclusion"]["enum"].remove("hours"),
            "decision.excluded.(names): 'hours' is no longer accepted",
        ),
        (
            RequestSubmitted,
            lambda s: s["properties"]["form"].update(uniqueItems=True),
            "cannot be judged: reader form: ",
        ),
    ],
)
def test_an_incompatible_change_is_found_and_named(model: type, change: Change, problem: str) -> None:
    old = CURRENT[file_name(model)]
    new = copy.deepcopy(old)
    change(new)
    problems = breaking_changes(old, new)
    assert len(problems) == 1
    assert problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (RequestSubmitted, lambda s: s["properties"].update(urgent={"type": "boolean", "default": False})),
        (RequestSubmitted, lambda s: s["required"].remove("city")),
        (RequestSubmitted, lambda s: s["$defs"]["Origin"]["enum"].append("campaign")),
        (RequestSubmitted, lambda s: s["properties"]["form"].update(maxProperties=200)),
        (FeeCollected, lambda s: s["properties"]["amount_rial"].update(maximum=2 * 10**15)),
        (FeeCollected, lambda s: s.update(description="Said better.")),
        (ServicePublished, lambda s: s["$defs"]["Service"]["properties"].update(priority={"type": "integer"})),
    ],
)
def test_a_growing_change_is_compatible_and_asks_for_a_release(model: type, change: Change) -> None:
    old = {file_name(model): CURRENT[file_name(model)]}
    new = copy.deepcopy(old)
    change(new[file_name(model)])
    found = review(old, new)
    assert (dict(found.broken), found.changed, found.added) == ({}, (file_name(model),), ())


def test_a_later_major_version_stands_beside_the_first() -> None:
    class FeeCollectedV2(Event):
        """The second version."""

        major = 2

    assert FeeCollectedV2.type_name() == "ir.pishkhan.FeeCollected.v2"
    assert file_name(FeeCollectedV2) == "FeeCollected.v2.json"
    assert file_name(FeeCollected) == "FeeCollected.v1.json"


def test_a_new_event_is_added_and_a_lost_one_is_broken() -> None:
    one, other = {"A.v1.json": {"type": "object"}}, {"B.v1.json": {"type": "object"}}
    found = review(one, other)
    assert found.added == ("B.v1.json",)
    assert found.broken == {"A.v1.json": ("the event is gone; released events stay",)}
