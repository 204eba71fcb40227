"""The catalogue: one versioned entry per service. Fields follow CPSV-AP `PublicService` and Open311 attributes."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Code, Day, Instant, LocalizedText, Model, Provenance, ShortText, Version


class Datatype(StrEnum):
    """Open311 attribute datatypes."""

    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    TEXT = "text"
    SINGLE_VALUE_LIST = "singlevaluelist"
    MULTI_VALUE_LIST = "multivaluelist"


class NumberFormat(StrEnum):
    """What number a text field asks for. Its value is checked for that, and not taken for a national id."""

    #: Of a subscriber with a utility: 1 to 20 digits.
    SUBSCRIPTION = "subscription"
    #: The id of a bill or of a payment, or the state's deposit id: 1 to 30 digits.
    BILL = "bill"
    #: Of a postal consignment: 4 to 24 digits, or as in RR123456785IR.
    CONSIGNMENT = "consignment"


class FormValue(Model):
    """One allowed value of a list attribute."""

    key: Code
    names: LocalizedText


class FormAttribute(Model):
    """One field of a service's input form; a `personal` one travels only inside the encrypted blob.

    A text field that asks for a number of ten digits or so says which in `format`: of others, values that hold a valid
    national id are refused.
    """

    code: Code
    datatype: Datatype
    required: bool
    order: Annotated[int, Field(ge=1, le=200)]
    names: LocalizedText
    values: tuple[FormValue, ...] = ()
    personal: bool = False
    format: NumberFormat | None = None


class Stage(StrEnum):
    """How far a service has come from inventory to live delivery."""

    INVENTORIED = "inventoried"
    DOCUMENTED = "documented"
    DELEGABLE = "delegable"
    DELEGATED = "delegated"
    LIVE = "live"
    WITHDRAWN = "withdrawn"


class StageChange(Model):
    """When a service reached a stage and which post owns that step (a title, not a person)."""

    stage: Stage
    owner: ShortText
    on: Day


class Channels(Model):
    """Which office classes may deliver the service; the reason is given when one may not."""

    urban: bool
    rural: bool
    reason: LocalizedText | None = None


class Service(Model):
    """One version of one service in an agency's catalogue.

    `processing_working_hours` counts hours in which the agency is open. The version is in force in
    `[valid_from, valid_to)`; a running request keeps the version it started with.
    """

    code: Code
    agency: Code
    version: Version
    valid_from: Instant
    valid_to: Instant | None = None
    names: LocalizedText
    description: LocalizedText
    legal_resource: ShortText | None = None
    form: tuple[FormAttribute, ...] = ()
    channels: Channels
    processing_working_hours: Annotated[int, Field(ge=1, le=2000)]
    needs_agency_answer: bool = False
    equipment: tuple[Code, ...] = ()
    training: tuple[Code, ...] = ()
    stage: Stage
    stage_changes: tuple[StageChange, ...] = ()
    provenance: Provenance = Provenance.GENERATED
