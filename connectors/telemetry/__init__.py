"""How the bus tells about itself: metrics, structured logs, health."""
