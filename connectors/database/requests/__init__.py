"""Requests and offices' positions, the stores of their consumer, and what people ask about them."""
