"""Bodies of requests and answers, as the design fixes them."""
