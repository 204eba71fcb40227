"""The contract of what travels: envelope, bodies, topics, compatibility and what is exported of them."""
