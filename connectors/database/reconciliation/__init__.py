"""The bus as a comparison sees it, and what repairs it."""
