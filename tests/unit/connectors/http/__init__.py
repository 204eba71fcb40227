"""Unit tests of the doors for machines."""
