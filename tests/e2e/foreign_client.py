"""An agency's own client, by somebody who has the AsyncAPI document, credentials and kafka-python, and nothing else.

    python foreign_client.py --document asyncapi.yaml --user agency-post --password-file secret --agency post \
        --service parcel --city bojnord --count 2000 --other-agency water [--journal journal.ndjson]

It publishes requests with duplicates, disorder and garbage among them, tries forgeries, and prints a JSON report of
what the broker acknowledged and denied. The journal gets one line per event before it is sent: what was acknowledged
and is neither applied, refused, parked, set aside nor skipped was lost.

It imports nothing of the project, so that it is as foreign as it looks.
"""

import argparse
import json
import random
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from kafka import KafkaProducer
from kafka.errors import KafkaError

MECHANISMS = {"scramSha256": "SCRAM-SHA-256", "scramSha512": "SCRAM-SHA-512", "plain": "PLAIN"}
ANSWER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Sending:
    """One Kafka message, and what it is meant to be: `kind` is its line in the report."""

    kind: str
    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Document:
    """What the AsyncAPI document says of publishing."""

    def __init__(self, path: Path) -> None:
        self._document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))

    def at(self, reference: str) -> Any:
        """Return what a `$ref` of the document leads to."""
        place: Any = self._document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        return place

    def login(self, user: str, password: str) -> dict[str, Any]:
        """Return kafka-python's arguments for the document's server."""
        [server] = self._document["servers"].values()
        scheme = self.at(server["security"][0]["$ref"])
        return {
            "bootstrap_servers": server["host"],
            "security_protocol": server["x-security-protocol"],
            "sasl_mechanism": MECHANISMS[scheme["type"]],
            "sasl_plain_username": user,
            "sasl_plain_password": password,
        }

    def agency_topic(self, code: str) -> str:
        """Return the topic of one agency."""
        [address] = [
            each["address"]
            for each in self._document["channels"].values()
            if each["address"].startswith("pishkhan.intake.{")
        ]
        return str(address).replace("{agency}", code)

    def other_topics(self) -> list[str]:
        """Return the topics that no agency may write."""
        return [each["address"] for each in self._document["channels"].values() if "{" not in each["address"]]

    def example(self, name: str) -> tuple[dict[str, str], dict[str, Any]]:
        """Return headers and payload of the example of one message."""
        [shown] = self._document["components"]["messages"][name]["examples"]
        return dict(shown["headers"]), dict(shown["payload"])


class Client:
    """Composes the events of one agency from the document's examples; the same seed composes the same events."""

    def __init__(self, document: Document, options: argparse.Namespace) -> None:
        self._document = document
        self._chooser = random.Random(options.seed)
        self._options = options
        self._topic = document.agency_topic(options.agency)

    def event(self, kind: str, name: str, payload: dict[str, Any], **changes: str) -> Sending:
        """Return one event: the example's headers with our source, a new id and the payload's request as subject."""
        headers, _ = self._document.example(name)
        headers |= {
            "ce_id": self.new_id(),
            "ce_source": f"/agencies/{self._options.agency}",
            "ce_subject": payload["request_id"],
            **changes,
        }
        headers.pop("ce_time", None)  # the broker's time counts
        value = json.dumps(payload, ensure_ascii=False).encode()
        encoded = tuple((header, text.encode()) for header, text in headers.items())
        return Sending(kind, self._topic, payload["request_id"].encode(), value, encoded)

    def new_id(self) -> str:
        """Return a fresh random id."""
        return str(uuid.UUID(int=self._chooser.getrandbits(128), version=4))

    def request(self) -> dict[str, Any]:
        """Return the body of one new request for a service and a city of ours."""
        return {
            "request_id": self.new_id(),
            "service": self._chooser.choice(self._options.service),
            "origin": "agency",
            "city": self._chooser.choice(self._options.city),
            "citizen_ref": self.new_id(),
            "form": self._options.form,
        }

    def honest(self) -> Iterator[Sending]:
        """Yield the requests, some of them twice, some cancelled, some with an id used for another body."""
        for number in range(self._options.count):
            submitted = self.event("submitted", "RequestSubmitted", self.request())
            yield submitted
            if number % 5 == 0:
                yield replace(submitted, kind="duplicate")
            if number % 10 == 3:
                cancelled = {"request_id": (submitted.key or b"").decode(), "reason": "withdrawn by the citizen"}
                yield self.event("cancelled", "RequestCancelled", cancelled)
            if number % 50 == 7:
                other = json.dumps(self.request() | {"request_id": (submitted.key or b"").decode()}).encode()
                yield replace(submitted, kind="conflict", value=other)

    def garbage(self) -> Iterator[Sending]:
        """Yield messages that cannot be read, each for another reason and with an id of its own."""
        yield from self._bad_bodies()
        yield from self._bad_headers()

    def _good(self, kind: str) -> Sending:
        return self.event(f"garbage: {kind}", "RequestSubmitted", self.request())

    def _bad_bodies(self) -> Iterator[Sending]:
        whole = self._good("cut off")
        yield replace(whole, value=(whole.value or b"")[:-5])
        for kind, value in (
            ("nothing", None),
            ("empty", b""),
            ("bytes", self._chooser.randbytes(300)),
            ("deep", b"[" * 20_000),
            ("array", b"[]"),
        ):
            yield replace(self._good(kind), value=value)
        changes: dict[str, dict[str, Any]] = {
            "number for text": {"city": 5},
            "unknown origin": {"origin": "nowhere"},
            "bad id": {"request_id": "1"},
            "NUL": {"form": {"note": "a\0b"}},
            "long text": {"form": {"note": "x" * 5000}},
            "missing service": {"service": None},
        }
        for kind, change in changes.items():
            yield replace(self._good(kind), value=json.dumps(self.request() | change).encode())

    def _bad_headers(self) -> Iterator[Sending]:
        for name in ("ce_specversion", "ce_id", "ce_source", "ce_type"):
            good = self._good(f"no {name}")
            yield replace(good, headers=tuple(pair for pair in good.headers if pair[0] != name))
        for name, text in (
            ("ce_type", b"ir.pishkhan.RequestSubmitted.v9"),
            ("ce_type", b"\xff\xfe"),
            ("ce_time", b"yesterday"),
            ("ce_specversion", b"0.3"),
            ("content-type", b"text/plain"),
            ("content-type", b"application/json; charset=utf-16"),
        ):
            yield with_header(self._good(f"{name} {text!r}"), name, text)
        good = self._good("ce_source twice")
        yield replace(good, headers=(*good.headers, ("ce_source", b"/bus")))
        good = self._good("structured mode")
        attributes = {name.removeprefix("ce_"): text.decode() for name, text in good.headers if name.startswith("ce_")}
        whole = json.dumps({**attributes, "data": json.loads(good.value or b"")}).encode()
        yield replace(good, value=whole, headers=(("content-type", b"application/cloudevents+json"),))
        yield replace(self._good("no headers"), key=None, headers=())

    def tolerated(self) -> Iterator[Sending]:
        """Yield requests that differ in what the document leaves open."""
        newer = self.request() | {"added_in_a_newer_minor_version": {"anything": [1, None]}}
        yield self.event("tolerated: unknown fields", "RequestSubmitted", newer)
        for name, text in (
            ("content-type", None),
            ("content-type", b"application/json; charset=utf-8"),
            ("ce_time", b"2026-03-25T08:30:00+03:30"),
            ("ce_dataschema", b"urn:pishkhan:event:ir.pishkhan.RequestSubmitted.v1"),
            ("x-unknown", b"anything"),
        ):
            good = self.event(f"tolerated: {name} {text!r}", "RequestSubmitted", self.request())
            yield with_header(good, name, text)
        capitals = self.request()
        capitals["request_id"] = capitals["request_id"].upper()
        yield self.event("tolerated: id in capitals", "RequestSubmitted", capitals)

    def misaddressed(self) -> Iterator[Sending]:
        """Yield requests whose subject is not what they are about, or whose key is not their subject."""
        for kind, subject in (("another subject", self.new_id().encode()), ("no subject", None)):
            good = self.event(f"misaddressed: {kind}", "RequestSubmitted", self.request())
            yield replace(with_header(good, "ce_subject", subject), key=subject or good.key)
        for kind, key in (("no key", None), ("another key", self.new_id().encode()), ("key of bytes", b"\xff\x00")):
            yield replace(self.event(f"misaddressed: {kind}", "RequestSubmitted", self.request()), key=key)

    def forged(self) -> Iterator[Sending]:
        """Yield events on our own topic that claim to be somebody else's, or are not an agency's to say."""
        other = self._options.other_agency
        for source in (f"/agencies/{other}", "/offices/any-01", "/directorate", "/bus"):
            yield self.event(f"forged source: {source}", "RequestSubmitted", self.request(), ce_source=source)
        headers, payload = self._document.example("OfficePaid")
        told = {**headers, "ce_id": self.new_id(), "ce_source": f"/agencies/{self._options.agency}"}
        encoded = tuple((name, text.encode()) for name, text in told.items())
        yield Sending("forged act: OfficePaid", self._topic, b"any", json.dumps(payload).encode(), encoded)

    def forbidden(self) -> Iterator[Sending]:
        """Yield events on topics that are not ours: the broker must deny each."""
        for topic in (self._document.agency_topic(self._options.other_agency), *self._document.other_topics()):
            yield replace(self.event(topic, "RequestSubmitted", self.request()), topic=topic)

    def shuffled(self) -> list[Sending]:
        """Return everything for our own topic in disorder: a cancellation may come before what it cancels."""
        repeats = max(1, self._options.count // 200)
        sendings = [*self.honest(), *self.tolerated(), *self.misaddressed(), *self.forged()]
        for _ in range(repeats):
            sendings += self.garbage()
        self._chooser.shuffle(sendings)
        return sendings


def with_header(sending: Sending, name: str, text: bytes | None) -> Sending:
    """Return it with one header said otherwise; without it when `text` is none."""
    others = [pair for pair in sending.headers if pair[0] != name]
    return replace(sending, headers=tuple(others if text is None else [*others, (name, text)]))


def journal_line(sending: Sending) -> str:
    """Return what is written of an event before it is sent."""
    headers = {name: text.decode(errors="replace") for name, text in sending.headers}
    identity = {"source": headers.get("ce_source"), "id": headers.get("ce_id"), "request_id": headers.get("ce_subject")}
    return json.dumps({"kind": sending.kind, **identity}) + "\n"


def publish(producer: Any, sendings: list[Sending], journal: Path | None) -> tuple[Counter[str], list[str]]:
    """Send all, wait for every answer, and return how many of each kind were acknowledged, and what failed."""
    if journal is not None:
        with journal.open("a", encoding="utf-8") as file:
            file.writelines(map(journal_line, sendings))
    acknowledged: Counter[str] = Counter()
    failures: list[str] = []
    waiting = [
        (sending.kind, producer.send(sending.topic, sending.value, sending.key, list(sending.headers)))
        for sending in sendings
    ]
    producer.flush()
    for kind, answer in waiting:
        try:
            answer.get(timeout=ANSWER_SECONDS)
            acknowledged[kind] += 1
        except KafkaError as error:
            failures.append(f"{kind}: {type(error).__name__}")
    return acknowledged, failures


def attempt(login: dict[str, Any], sending: Sending) -> str:
    """Try to write where we may not; return the broker's answer, `acknowledged` when it took the event."""
    producer = KafkaProducer(**login, acks="all", max_block_ms=10_000, client_id="foreign-client-forging")
    try:
        producer.send(sending.topic, sending.value, sending.key, list(sending.headers)).get(timeout=ANSWER_SECONDS)
    except KafkaError as error:
        return type(error).__name__
    finally:
        producer.close(timeout=5)
    return "acknowledged"


def arguments(words: list[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description="Publish as an agency, from the AsyncAPI document alone.")
    parser.add_argument("--document", type=Path, required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password-file", type=Path, required=True)
    parser.add_argument("--agency", required=True)
    parser.add_argument("--service", action="append", required=True)
    parser.add_argument("--city", action="append", required=True)
    parser.add_argument("--form", type=json.loads, default={}, help="what the services' forms ask for, as JSON")
    parser.add_argument("--other-agency", required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--journal", type=Path)
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Publish, print the report, and return 0 when the broker took what is ours and denied everything else."""
    options = arguments(words)
    document = Document(options.document)
    login = document.login(options.user, options.password_file.read_text(encoding="utf-8").strip())
    client = Client(document, options)
    producer = KafkaProducer(**login, acks="all", enable_idempotence=True, client_id="foreign-client")
    try:
        acknowledged, failures = publish(producer, client.shuffled(), options.journal)
    finally:
        producer.close()
    answers = {sending.topic: attempt(login, sending) for sending in client.forbidden()}
    report = {"acknowledged": dict(sorted(acknowledged.items())), "failures": failures, "answers_elsewhere": answers}
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 1 if failures or "acknowledged" in answers.values() else 0


if __name__ == "__main__":
    sys.exit(main())
