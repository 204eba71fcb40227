"""Keys and the audit of administrators."""
