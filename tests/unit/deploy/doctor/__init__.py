"""Tests of what the doctor makes of its readings."""
