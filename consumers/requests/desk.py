"""What a desk must know of one request to do its work: the service by name, its form, its fee, and who pays how.

The use case of everybody who works at a counter, at a terminal, over HTTP or on a page: values in, values out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consumers.requests.domain.fees.tariff import FeeImpossible, Parties, compute_fee
from consumers.requests.domain.life.state import RequestState
from schemas.agreements import Agreement, ServiceTerms
from schemas.catalogue import FormAttribute, Service
from schemas.intake_agency import FormEntry
from schemas.log_registry import AgreementVersioned, RegistryEntry, ServiceVersioned
from schemas.tariff import Fee, FeeLine, TariffLine


@dataclass(frozen=True, slots=True)
class DeskItem:
    """One request at a desk, under the versions that it keeps. What the registry does not have any more is none.

    `fee` is what was computed at acceptance, or what acceptance will compute; none when the form makes it impossible.
    """

    state: RequestState
    service: Service | None
    terms: ServiceTerms | None
    fee: Fee | None

    @property
    def accepted(self) -> bool:
        """Whether the fee stands, because the office has accepted."""
        return self.state.fee is not None

    @property
    def to_collect_rial(self) -> int:
        """What the office has still to take in, or will have to when it accepts."""
        if self.fee is None:
            return 0
        return max(0, self.fee.office_collects_rial - self.state.collected_rial)

    @property
    def by_card(self) -> bool:
        """Whether the tariff names the card terminal."""
        return self.fee is not None and self.fee.by_card

    @property
    def lines(self) -> Sequence[tuple[TariffLine | None, FeeLine]]:
        """The fee's lines, each with the tariff's own, which has its name."""
        if self.fee is None:
            return ()
        tariff = {} if self.terms is None else {line.code: line for line in self.terms.tariff}
        return [(tariff.get(line.code), line) for line in self.fee.lines]

    @property
    def form(self) -> Sequence[tuple[FormAttribute | None, str, FormEntry | None]]:
        """The form's fields in the service's order: attribute, code and value.

        A personal field has no value here: it travels in the encrypted part. A value whose field the service does not
        name any more has no attribute.
        """
        values = dict(self.state.asked().form)
        attributes = () if self.service is None else sorted(self.service.form, key=lambda one: one.order)
        shown: list[tuple[FormAttribute | None, str, FormEntry | None]] = [
            (one, one.code, values.pop(one.code, None)) for one in attributes if one.personal or one.code in values
        ]
        return [*shown, *((None, code, value) for code, value in values.items())]


def desk_items(states: Iterable[RequestState], entries: Iterable[RegistryEntry]) -> list[DeskItem]:
    """Return the items of `states`; `entries` hold the versions of their services and agreements, and maybe others."""
    services: dict[tuple[str, int], Service] = {}
    agreements: dict[tuple[str, int], Agreement] = {}
    for entry in entries:
        match entry:
            case ServiceVersioned(service=service):
                services[service.code, service.version] = service
            case AgreementVersioned(agreement=agreement):
                agreements[agreement.code, agreement.version] = agreement
            case _:
                pass
    return [_item(state, services, agreements) for state in states]


def _item(
    state: RequestState,
    services: dict[tuple[str, int], Service],
    agreements: dict[tuple[str, int], Agreement],
) -> DeskItem:
    code = state.asked().service
    service = services.get((code, state.service_version))
    agreement = agreements.get((state.agreement or "", state.agreement_version))
    terms = None if agreement is None else next((one for one in agreement.services if one.service == code), None)
    return DeskItem(state, service, terms, state.fee or _fee_to_come(state, terms))


def _fee_to_come(state: RequestState, terms: ServiceTerms | None) -> Fee | None:
    if terms is None or state.office is None or state.agency is None:
        return None
    try:
        return compute_fee(terms.tariff, state.asked().form, Parties(state.office, state.agency))
    except FeeImpossible:
        return None
