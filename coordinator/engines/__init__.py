"""Engines: where codes are compared and where found pairs wait; see README.md."""
