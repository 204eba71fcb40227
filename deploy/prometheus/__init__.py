"""What Prometheus scrapes, and when it alerts."""
