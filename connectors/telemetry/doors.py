"""What the doors for machines report about themselves: implements `connectors.http.answering.Report`."""

from connectors.telemetry import door_metrics as metrics
from connectors.telemetry.exporter import Exporter


class DoorTelemetry:
    """Rate, errors and duration of each door, by the class of the status; claims kept."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter

    def answered(self, door: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._exporter.increase(metrics.DOOR_ANSWERS, 1, door, str(status))
        self._exporter.observe(metrics.DOOR_SECONDS, seconds, door)

    def kept(self, wishes: int) -> None:
        """Count claims."""
        if wishes:
            self._exporter.increase(metrics.DOOR_CLAIMS, wishes)
