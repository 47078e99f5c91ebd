"""From what was seen on the wire to the result of a run."""
