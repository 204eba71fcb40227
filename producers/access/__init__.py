"""Who may speak to the bus through its doors: parties, their keys, what each key may do, and who did what."""
