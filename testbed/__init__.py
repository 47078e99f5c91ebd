"""What the user drives: topology files, the two backends and the evidence of a run."""
