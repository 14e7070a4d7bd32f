"""Profile images out of the wild: fetched without lending anybody the server's place in the network, kept on disk."""
