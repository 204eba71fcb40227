"""Counts over tables of several capabilities, for gauges and summaries."""
