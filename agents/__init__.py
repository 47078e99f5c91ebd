"""What runs inside a node: wire codec, protocol cores and the live driver."""
