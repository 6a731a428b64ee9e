"""What the coordinator and the dealer keep: ids, states, digests, noisy answers; never a record."""
