"""Offices, agreements and services decided on from the terminal of a running bus, and what the registry makes of it.

Whatever is put here is new, or begins long after the bus's day: other tests use the same bus.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.exits import ExitCode
from tests.kit.real import warm
from tests.kit.real.running import AGENCY, RunningBus

pytestmark = pytest.mark.e2e
#: New Year's Day of 1450.
LATER = "1450-01-01"


class Province:
    """The terminal of one running bus, and a folder for files."""

    def __init__(self, bus: RunningBus, folder: Path) -> None:
        self._bus = bus
        self._folder = folder

    def says(self, *words: str, ends: ExitCode = ExitCode.DONE) -> str:
        """Run a command and return what it prints. Fails when it ends otherwise."""
        ended = warm.run(words, self._bus.environment, None)
        assert ended.returncode == ends, f"{' '.join(words)}: {ended.stdout[-1500:]}\n{ended.stderr[-1500:]}"
        return ended.stdout + ended.stderr

    def draft(self, kind: str, code: str, /, **changes: object) -> str:
        """Write a draft of the next version of something, with changes, and return its file."""
        fields = yaml.safe_load(self.says("registry", "show", kind, code, "--draft")) | changes
        return self.file(f"{fields['code']}.yaml", fields)

    def file(self, name: str, fields: Mapping[str, Any]) -> str:
        """Write a file and return its path."""
        path = self._folder / name
        path.write_text(yaml.safe_dump(dict(fields), allow_unicode=True), encoding="utf-8")
        return str(path)


@pytest.fixture
def province(running_bus: RunningBus, tmp_path: Path) -> Province:
    """The shared bus, with a folder of the test's own."""
    return Province(running_bus, tmp_path)


def test_an_office_is_licensed_changed_and_suspended(province: Province) -> None:
    file = province.draft("office", "urban-001", code="urban-901")
    told = province.says("directorate", "license-office", file)
    assert "New: 1 office" in told
    assert "office urban-901, version 1, in force from" in told
    assert "urban-901 is known as the file has it: version 1." in province.says("directorate", "license-office", file)
    larger = province.draft("office", "urban-901", daily_capacity=77)
    told = province.says("directorate", "change-office", larger, "--lang", "fa")
    assert "daily_capacity" in told
    assert "۷۷" in told
    assert "دفتر urban-901، نسخه ۲" in told
    words = ("suspend-office", "urban-901", "--minutes", "1405/12/3", "--reason", "no receipts", "--from", LATER)
    told = province.says("directorate", *words)
    assert f"the licence of urban-901 is suspended from {LATER.replace('-', '/')} (" in told
    assert "office urban-901, version 3" in told
    refused = province.says("directorate", *words, ends=ExitCode.REFUSED)
    assert "state_forbids" in refused
    assert "suspended" in province.says("registry", "history", "office", "urban-901")


def test_what_is_wrong_is_refused_before_or_by_the_registry(province: Province) -> None:
    nowhere = province.draft("office", "urban-002", code="urban-902", city="atlantis")
    held = province.says("directorate", "license-office", nowhere, "--wait", "1", ends=ExitCode.WAITS)
    assert "atlantis is in no territory" in held
    assert "pishkhan outcomes " in held
    odd = province.draft("office", "urban-002", code="urban-903", daily_capacity="many")
    assert "daily_capacity" in province.says("directorate", "license-office", odd, ends=ExitCode.USAGE)
    taken = province.draft("office", "urban-002", version=1, daily_capacity=78)
    told = province.says("directorate", "change-office", taken, ends=ExitCode.USAGE)
    assert "version 1 of urban-002 is known and says otherwise; leave `version` out" in told


def test_a_service_and_its_agreement_live_and_pause(province: Province) -> None:
    service, agreement = f"{AGENCY}.by-hand", f"mou-{AGENCY}-by-hand"
    known = f"{AGENCY}.electronic-signature"
    file = province.draft("service", known, code=service)
    assert f"service {service}, version 1" in province.says("agency", AGENCY, "publish-service", file)
    other = province.says("agency", "electricity", "publish-service", file, ends=ExitCode.USAGE)
    assert "agency is not the speaker's" in " ".join(other.replace(":", "").split())
    terms = yaml.safe_load(province.says("registry", "show", "agreement", f"mou-{AGENCY}", "--draft"))
    appendix = [{**one, "service": service} for one in terms["services"] if one["service"] == known]
    put = province.file("agreement.yaml", {**terms, "code": agreement, "services": appendix})
    assert f"agreement {agreement}, version 1" in province.says("directorate", "change-agreement", put)
    assert f"agreement {agreement}, version 2" in province.says("agency", AGENCY, "veto", agreement, "--reason", "no")
    again = province.file("again.yaml", {**terms, "code": agreement, "services": appendix, "notice_days": 9})
    assert f"agreement {agreement}, version 3" in province.says("directorate", "change-agreement", again)
    gas = province.says("agency", "electricity", "confirm", agreement, ends=ExitCode.REFUSED)
    assert "not_owner" in gas
    assert f"agreement {agreement}, version 4" in province.says("agency", AGENCY, "confirm", agreement)
    pause = ("agency", AGENCY, "pause", agreement, "--reason", "our system is down", "--service", service)
    assert "version 5" in province.says(*pause, "--id", "pause-by-hand")
    repeated = province.says(*pause, "--id", "pause-by-hand")
    assert "this was said and accepted before:" in repeated
    assert "version 5" in repeated
    assert "version 6" in province.says("agency", AGENCY, "resume", agreement, "--reason", "it is back")
    leaves = ("withdraw-service", service, "--from", LATER, "--reason", "it is online")
    assert f"service {service}, version 2" in province.says("agency", AGENCY, *leaves)


@pytest.mark.parametrize(
    ("kind", "code", "command"),
    [
        ("policy", "routing", "change-policy"),
        ("calendar", "province", "change-calendar"),
        ("territory", "north-khorasan", "change-territory"),
    ],
)
def test_policy_calendar_and_territory_begin_on_their_day(
    kind: str, code: str, command: str, province: Province
) -> None:
    same = province.draft(kind, code)
    assert "is known as the file has it" in province.says("directorate", command, same)
    later = province.draft(kind, code, valid_from_jalali=LATER)
    told = province.says("directorate", command, later, "--lang", "fa")
    assert "۱۴۵۰/۰۱/۰۱" in told
    assert f" {code}، نسخه " in told
