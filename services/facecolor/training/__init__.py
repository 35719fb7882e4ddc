"""How the weights of this service came to be."""
