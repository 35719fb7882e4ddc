"""One thin client per service: plain Python in and out, errors of one type."""
