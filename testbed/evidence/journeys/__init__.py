"""Single packets followed from interface to interface, through their tunnels."""
