"""Every edge: broker, database, telemetry."""
