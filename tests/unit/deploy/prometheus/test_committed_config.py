"""The committed configuration is what the table of workers gives."""

from deploy.prometheus.__main__ import COMMITTED, committed_config


def test_it_is_up_to_date() -> None:
    remedy = "run `python -m deploy.prometheus` and commit the file"
    assert COMMITTED.read_text(encoding="utf-8") == committed_config(), remedy
