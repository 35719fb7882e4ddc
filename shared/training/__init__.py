"""What the training and evaluation of every model share: where the data lies, how it is split."""
