"""Keyed, salted, sharpened encodings of a person: views and tokens, and the schema that fixes them."""
