"""Wake, claim, encode, write."""
