"""Tests of what surrounds the engines; the engines themselves are tested for real elsewhere."""
