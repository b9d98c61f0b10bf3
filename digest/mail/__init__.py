"""About one message: its headers, its bytes, the tokens in its links, what became of it, and the way to the relay."""
