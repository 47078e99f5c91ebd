"""The simulated backend: the same cores in virtual time, over links with delay, loss and rate."""
