"""Typed statistical queries over public dimensions, and their noisy answers."""
