"""How each protocol fills the places of a topology with roles."""
