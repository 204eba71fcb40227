"""What a service costs and who gets how much."""
