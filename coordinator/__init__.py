"""The linking process: never holds a record, a key of the nodes, or an attribute of a child."""
