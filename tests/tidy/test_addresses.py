"""No address of a package registry, and no path of one machine, is in the repository."""

import re

from tests.tidy.files import files, own_texts, report, text

#: Hosts that may be named: this machine, vocabularies, and the origins of copied data.
HOSTS = {"localhost", "127.0.0.1", "0.0.0.0", "json-schema.org", "github.com", "www.w3.org"}
EXAMPLE_HOST = re.compile(r"(^|\.)example\.(org|com|net)$")
URL = re.compile(r"\bhttps?://(?P<host>[A-Za-z0-9.-]+)")
REGISTRY_HOST = re.compile(r"\b(?:registry|repo\d?|index|files|pypi|proxy|mirrors?)\.[a-z0-9.-]+\.(?:org|com|io|net)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|root|home|Users|tmp)/\w")


def places(pattern: re.Pattern[str]) -> list[tuple[str, re.Match[str]]]:
    return [
        (f"{name}:{number}", match)
        for name, content in own_texts()
        for number, line in enumerate(content.splitlines(), start=1)
        for match in pattern.finditer(line)
    ]


def known(host: str) -> bool:
    return not host or host in HOSTS or EXAMPLE_HOST.search(host) is not None


def test_only_known_hosts_are_named() -> None:
    report(
        f"{place} names {match['host']}: leave the address out, or add the host to tests/tidy with its reason"
        for place, match in places(URL)
        if not known(match["host"].strip(".").lower())
    )


def test_no_registry_is_named() -> None:
    report(
        f"{place} names {match[0]}: where packages come from is in the client's own configuration"
        for place, match in places(REGISTRY_HOST)
    )


def test_no_path_of_a_machine_is_named() -> None:
    report(
        f"{place} names {match[0]}...: take the path from a setting, from tmp_path or from the module's own file"
        for place, match in places(MACHINE_PATH)
    )


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    locks = {name: text(name) or "" for name in files() if name.endswith((".lock", "package-lock.json"))}
    assert {"requirements.lock", "requirements-dev.lock"} <= set(locks)
    report(f"{name} holds an address: write it without (`make lock`)" for name in locks if "://" in locks[name])
    report(
        f"{name} holds no hashes: write it with them"
        for name, content in locks.items()
        if not re.search(r"\b[0-9a-f]{64}\b|sha512-", content)
    )
