"""Where intake ends at this moment: how far the registry must have read before a service counts as unknown."""

from collections.abc import Mapping

from consumers.runner.ports import Source
from schemas.topics import INTAKE_AGENCY, INTAKE_DIRECTORATE, INTAKE_OFFICES


class SourceIntakeEnds:
    """Implements `consumers.requests.ports.IntakeEnds` over the requests worker's own source."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def ends_now(self, agency: str | None) -> Mapping[str, int]:
        """Return the ends of the topics of `agency` (none: of every agency) and of the directorate."""
        if agency is not None:
            return self._source.ends([INTAKE_AGENCY.for_agency(agency), INTAKE_DIRECTORATE.name])
        return self._source.ends(sorted(self._topics() - {INTAKE_OFFICES.name}))

    def all_ends_now(self) -> Mapping[str, int]:
        """Return the ends of all intake topics."""
        return self._source.ends(sorted(self._topics()))

    def _topics(self) -> set[str]:
        return {partition.topic for partition in self._source.partitions()}
