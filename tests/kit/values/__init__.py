"""Values and small worlds in memory: no engine is needed."""
