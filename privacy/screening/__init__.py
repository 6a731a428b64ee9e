"""Readable screening definitions, signals, and their compilation to digits and one table."""
