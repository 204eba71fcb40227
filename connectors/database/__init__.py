"""PostgreSQL: tables, migrations, and one store per concept; writes in batches by `COPY`."""
