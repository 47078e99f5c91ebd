"""Flow binding in Proxy Mobile IPv6 (draft-xia-netext-flow-binding-00)."""
