"""The node's imperative shell: reads and writes, in the order the protocols fix."""
