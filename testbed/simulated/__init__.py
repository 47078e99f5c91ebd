"""The simulated backend: the same cores in virtual time."""
