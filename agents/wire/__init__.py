"""Bytes to frozen dataclasses and back; standard library only."""
