"""The province's counties and cities. A county split is the next version of the territory, with its date."""

from typing import Annotated

from pydantic import Field

from schemas.base import Code, Count, Instant, LocalizedText, Model, Provenance, Version


class County(Model):
    """One county; `population` is of the census year given, or none when no source states it."""

    code: Code
    names: LocalizedText
    population: Count | None = None
    census_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    provenance: Provenance = Provenance.FACT


class City(Model):
    """One city or village centre: the zone that routing measures distances from."""

    code: Code
    county: Code
    names: LocalizedText
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    urban: bool
    population: Count | None = None
    census_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    provenance: Provenance = Provenance.FACT


class Territory(Model):
    """One version of a province's division, in force from `valid_from` until the next version."""

    code: Code
    version: Version
    valid_from: Instant
    names: LocalizedText
    counties: Annotated[tuple[County, ...], Field(min_length=1)]
    cities: Annotated[tuple[City, ...], Field(min_length=1)]
