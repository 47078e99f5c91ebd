"""Ladders as they are shown: lanes, rows, and what is said of each row."""
