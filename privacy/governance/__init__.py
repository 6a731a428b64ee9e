"""Catalogue, legal bases, purposes and the alert gate, as values and rules."""
