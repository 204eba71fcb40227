"""Pages of docs/ that are written from declared tables: `python -m deploy.documents` writes them all."""
