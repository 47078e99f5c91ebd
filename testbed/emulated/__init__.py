"""The emulated backend: Mininet, namespaces, agents and captures on a real kernel."""
