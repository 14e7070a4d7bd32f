"""The pages: rendered on the server, every state a URL, working without JavaScript."""
