"""What offices have in hand: loads, shares of places, and their history."""
