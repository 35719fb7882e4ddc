"""The nose-print service: finding a nose, telling whose it is, and the register of dogs."""
