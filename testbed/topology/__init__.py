"""From a YAML file to a validated and resolved network."""
