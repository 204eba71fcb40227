"""What becomes of a request: its states, the rows of its life cycle, each act's rule."""
