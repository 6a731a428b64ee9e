"""The state machines of the coordinator's rounds: pure values, one transition table each."""
