"""What offices carry: loads, shares of places, and their history."""
