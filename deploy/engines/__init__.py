"""The embedded engines: a real Kafka and a real PostgreSQL from Python wheels and locked jars."""
