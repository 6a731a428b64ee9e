"""Differential privacy: loss, ledger, noise."""
