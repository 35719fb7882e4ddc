"""Training the head detector: labels, training set, network, export."""
