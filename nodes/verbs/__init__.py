"""The node's commands, by subject; `nodes.cli` puts them together."""
