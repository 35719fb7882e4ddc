"""How the weights of the traits network came to be."""
