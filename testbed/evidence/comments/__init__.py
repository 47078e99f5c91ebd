"""Comments in a run's capture: what each message is for, and what happened between packets."""
