"""Distributed Mobile IPv6 (draft-liu-dmm-flows-distribution-and-handoff-01)."""
