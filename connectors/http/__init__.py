"""The doors for machines: acts, outcomes and feeds over HTTP. It is given use cases, and knows no settings."""
