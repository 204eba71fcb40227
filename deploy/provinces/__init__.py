"""Provinces as data: one folder per province, and the code that reads, checks, generates and loads such folders."""
