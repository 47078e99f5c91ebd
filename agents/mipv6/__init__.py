"""Mobile IPv6 (RFC 6275): mobile nodes, home agents, correspondent nodes, access routers."""
