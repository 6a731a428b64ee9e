"""Keyed, salted, sharpened encodings of a person: views, tokens, and their schema."""
