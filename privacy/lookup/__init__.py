"""Masked lookup: a public table at the sum of private inputs (PROTOCOL 4, 5)."""
