"""Tests of the embedded engines themselves."""
