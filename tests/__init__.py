"""The tests of Pishkhan."""
