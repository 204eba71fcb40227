"""An event of the requests' log: cash that an office took although the request had ended."""

from schemas.base import Code, PositiveRial, ShortText
from schemas.intake_office import PaymentMethod
from schemas.log_requests import RequestMoneyEvent


class LateCashTaken(RequestMoneyEvent):
    """The office took money for a request that had ended without completion: all of it is owed back to the citizen.

    It is reserved for the office, beyond its cap if need be; until it has gone back the office accepts nothing more.
    """

    office: Code
    amount_rial: PositiveRial
    method: PaymentMethod
    receipt_number: ShortText
    pos_reference: ShortText | None
