"""Grafana's macros and variables in an expression, filled in as Grafana would."""

import re
from collections.abc import Mapping

#: Four scrapes, as Grafana chooses for a data source whose interval is 5 s.
RATE_INTERVAL = "20s"
_VARIABLE = re.compile(r"\$\{?(?P<name>[a-z]\w*)\}?")


def variables_in(expression: str) -> set[str]:
    """Return the board's variables in an expression."""
    return {found["name"] for found in _VARIABLE.finditer(expression)}


def expression_with(expression: str, values: Mapping[str, str]) -> str:
    """Return the expression with its variables and `$__rate_interval` filled in. Fails on one without a value."""
    filled = expression.replace("$__rate_interval", RATE_INTERVAL)
    return _VARIABLE.sub(lambda found: values[found["name"]], filled)
