"""The icon service: original artwork in layers, composed and recoloured."""
