"""How the bus reports its state: metrics, structured logs, health."""
