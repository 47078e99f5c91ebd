"""What passed between the nodes of a run, message by message, in order of time."""
