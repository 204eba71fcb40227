"""Files that people write: tables and YAML as they come, their letters, digits and days."""
