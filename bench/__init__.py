"""Side-by-side measurements: each is one command, and says what it compares. Nothing of it is shipped."""
