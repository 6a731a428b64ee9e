"""Tests of the synthetic town."""
