"""Requests, registries and loads for the tests of routing."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from consumers.requests.domain.loads.loads import Load, Loads
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.route import Refused, Routed, RoutingRequest
from schemas.intake_agency import Origin
from tests.kit.values import builders
from tests.kit.values.builders import AGENCY, MOMENT, SERVICE

SEED = bytes(range(16))
EVENING = MOMENT + timedelta(hours=8)
BUSY = Load(in_flight=40, reserved_rial=0, income_rial=0)
INDEBTED = Load(in_flight=0, reserved_rial=9_991_001, income_rial=0)


def request(origin: Origin = Origin.AGENCY, office: str | None = None, **changes: Any) -> RoutingRequest:
    """Return a request for `SERVICE` in Bojnord at `MOMENT`."""
    agency = None if origin is Origin.WALK_IN else AGENCY
    return RoutingRequest(SERVICE, agency, origin, "bojnord", office, MOMENT, MOMENT)._replace(**changes)


def view_of(*things: builders.Registrable, base: Sequence[builders.Registrable] = ()) -> RegistryView:
    """Return the registry of `things` on top of `base`, by default one service under one agreement."""
    default = (builders.territory(), builders.policy(), builders.service(), builders.agreement())
    return RegistryView.empty().with_entries(builders.entries([*(base or default), *things]))


def loads(**of_offices: Load) -> Loads:
    """Return loads at revision 7; `office_1` stands for `office-1`."""
    return Loads(7, {code.replace("_", "-"): load for code, load in of_offices.items()})


def routed(verdict: Routed | Refused) -> Routed:
    """Return the verdict as a routing."""
    assert isinstance(verdict, Routed), verdict
    return verdict


def refused(verdict: Routed | Refused) -> Refused:
    """Return the verdict as a refusal."""
    assert isinstance(verdict, Refused), verdict
    return verdict


TWO = (builders.office("office-1"), builders.office("office-2"))
