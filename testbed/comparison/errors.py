"""What keeps runs from being compared."""

from __future__ import annotations


class NotComparable(Exception):
    """These runs cannot be laid side by side; the message says why, in one line."""
