"""The programs that come with the environment are found to run, whatever the shell gives them."""

import pytest

from deploy.operations.doctor.checks import Level, Patient
from deploy.operations.doctor.machine import check_programs
from deploy.settings import Settings


def test_java_runs_with_options_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
    found = list(check_programs(Patient(Settings(), None, "", None, "", {})))
    [java] = [each for each in found if each.subject == "java"]
    assert java.level is Level.GOOD
    assert java.words.startswith("openjdk 21.")
