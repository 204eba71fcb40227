"""The OpenAPI document: every act is in it, its own parser accepts it, and every example is accepted by its door."""

import jsonschema
import orjson
import pytest

from connectors.http.openapi import document, example_body, example_named
from producers.acts import ACTS, About, Act
from tests.kit.values.doors import Doors
from tests.unit.connectors.http.test_acts import PARTIES, known_request

DOCUMENT = document("http://127.0.0.1:9470")


@pytest.mark.parametrize("act", ACTS, ids=lambda act: f"{act.speaker}-{act.name}")
def test_the_example_of_an_act_fits_its_schema_and_is_kept(act: Act) -> None:
    operation = DOCUMENT["paths"][act.path][act.method.lower()]
    assert act.event.type_name() in operation["description"]
    content = operation["requestBody"]["content"]["application/json"]
    body = example_body(act)
    jsonschema.Draft202012Validator(content["schema"]).validate(body)
    doors = Doors()
    named = known_request(doors) if act.about is About.REQUEST else example_named(act)
    path = act.path if act.about is None else act.path.replace(f"{{{act.about}}}", str(named))
    answer = doors.ask(act.method, path, doors.key(PARTIES[act.speaker]), json=body)
    assert answer.status_code == 201, answer.text
    kept = DOCUMENT["components"]["schemas"]["Kept"]
    jsonschema.Draft202012Validator(kept).validate(answer.json())


def test_it_refers_to_nothing_that_is_not_there() -> None:
    text = orjson.dumps(DOCUMENT).decode()
    assert text.count('"$ref"') == sum(
        text.count(f'"$ref":"#/components/schemas/{name}"') for name in DOCUMENT["components"]["schemas"]
    )


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
