"""Names, dates and addresses in Japanese and Latin script, brought to one normal form (v1)."""
