"""The vault: persons and their fields in a database of its own, under a key that is not in it."""
