"""The live driver: sockets and netlink become events, actions become kernel state."""
