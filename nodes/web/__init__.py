"""Pages of one department's node."""
