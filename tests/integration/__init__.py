"""The federation as real processes: killed, starved, lied to, and searched for leaks."""
