"""The coordinator's pages: members, rounds, linkage quality, releases; counts and ids only."""
