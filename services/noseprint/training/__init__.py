"""How the weights of the nose-print service came to be: the nose detector, the embedder, the calibration."""
