"""The leakage self-test: attacks on encodings by who knows the population but no key."""
