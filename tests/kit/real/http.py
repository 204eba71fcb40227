"""Asking what listens on loopback over plain HTTP, many times a second."""

from typing import Any

import httpx


def get(url: str, **options: Any) -> httpx.Response:
    """Return the answer of `url`. Raises `httpx.HTTPError`.

    Nothing here speaks TLS, and without being told so the client reads the machine's certificates at every question,
    which takes fifty times as long as the question.
    """
    return httpx.get(url, **{"trust_env": False, "verify": False, "timeout": 10, **options})
