"""The broker's edge: everything that speaks to Kafka, except the figures' stream."""
