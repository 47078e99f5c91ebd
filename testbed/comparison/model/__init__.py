"""What a handover should come to, by arithmetic on the links that its messages must cross."""
