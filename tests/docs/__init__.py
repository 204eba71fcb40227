"""Every command and every snippet of README.md and docs/ runs here."""
