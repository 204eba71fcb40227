"""What any consumer keeps in the database: positions, leases, identities, dead letters, halts."""
