"""Delay, jitter, loss and rate of links: in the kernel where it can, else in a process."""
