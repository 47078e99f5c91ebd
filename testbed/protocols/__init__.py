"""Which place of a topology gets which role under a protocol, and its agents' configuration."""

from testbed.protocols.loading import load, load_runs

__all__ = ["load", "load_runs"]
