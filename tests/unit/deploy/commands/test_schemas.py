"""`pishkhan schemas export` and `release`."""

import json
from pathlib import Path

import pytest
import yaml

from connectors.http import openapi
from deploy.cli import build
from deploy.commands.schemas import export, release
from deploy.problem import Problem
from deploy.settings import KafkaSecurity, load_settings
from schemas.asyncapi import document
from schemas.decode import all_events
from schemas.export import file_name, json_schema
from schemas.intake_office import FeeCollected


def test_the_command_is_in_the_declared_list() -> None:
    assert [group.name for group in build("schemas").registered_groups] == ["schemas"]


def test_export_writes_every_schema_and_the_document(tmp_path: Path) -> None:
    export(tmp_path / "new" / "folder", "kafka.example.org:9093", KafkaSecurity.SASL_SSL)
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new" / "folder").iterdir()}
    assert yaml.safe_load(written.pop("asyncapi.yaml")) == document("kafka.example.org:9093", "SASL_SSL")
    assert json.loads(written.pop("openapi.json")) == openapi.document(load_settings(None).gateway_address)
    assert {name: json.loads(text) for name, text in written.items()} == {
        file_name(model): json_schema(model) for model in all_events().values()
    }


def test_the_document_names_the_broker_of_the_bus_or_says_that_it_knows_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PISHKHAN_DATA_DIRECTORY", str(tmp_path / "nobody"))
    export(tmp_path)
    assert "the broker in it is localhost:9092\nNo bus is known here" in capsys.readouterr().out
    monkeypatch.setenv("PISHKHAN_KAFKA_BOOTSTRAP", "kafka.example.org:9094")
    monkeypatch.setenv("PISHKHAN_KAFKA_SECURITY", "SASL_SSL")
    export(tmp_path)
    assert "No bus" not in capsys.readouterr().out
    written = yaml.safe_load((tmp_path / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert written == document("kafka.example.org:9094", "SASL_SSL")


def test_the_document_has_no_anchors(tmp_path: Path) -> None:
    export(tmp_path, "localhost:9092")
    tokens = yaml.scan((tmp_path / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert not [token for token in tokens if isinstance(token, yaml.AnchorToken | yaml.AliasToken)]


def test_release_takes_everything_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release(tmp_path)
    release(tmp_path)
    count = len(all_events())
    assert capsys.readouterr().out.splitlines() == [
        f"{count} new and 0 changed schemas released, {count} in all",
        f"0 new and 0 changed schemas released, {count} in all",
    ]
    assert json.loads((tmp_path / "FeeCollected.v1.json").read_text(encoding="utf-8")) == json_schema(FeeCollected)


def test_release_takes_a_growing_change(tmp_path: Path) -> None:
    release(tmp_path)
    path = tmp_path / "FeeCollected.v1.json"
    older = json_schema(FeeCollected)
    del older["properties"]["pos_reference"]
    path.write_text(json.dumps(older), encoding="utf-8")
    release(tmp_path)
    assert json.loads(path.read_text(encoding="utf-8")) == json_schema(FeeCollected)


def test_release_refuses_a_broken_promise_and_writes_nothing(tmp_path: Path) -> None:
    release(tmp_path)
    path = tmp_path / "FeeCollected.v1.json"
    promised = json_schema(FeeCollected)
    promised["properties"]["tip_rial"] = {"type": "integer"}
    path.write_text(json.dumps(promised), encoding="utf-8")
    (tmp_path / "OfficePaid.v1.json").unlink()
    with pytest.raises(Problem, match=r"FeeCollected\.v1\.json: tip_rial: was removed\nNothing was released"):
        release(tmp_path)
    assert json.loads(path.read_text(encoding="utf-8")) == promised
    assert not (tmp_path / "OfficePaid.v1.json").exists()
