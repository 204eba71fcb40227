"""The requests consumer on a real PostgreSQL."""
