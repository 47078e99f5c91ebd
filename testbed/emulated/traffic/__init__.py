"""Flows: unmodified applications, and a small sender and receiver of constant-rate UDP."""
