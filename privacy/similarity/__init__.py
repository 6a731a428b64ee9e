"""Exact Dice and Hamming kernels over codes, and candidate pairs."""
