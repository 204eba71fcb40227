"""Records that wait for something, and what an operator decides about them."""
