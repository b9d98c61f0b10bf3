"""What `digest doctor` looks at, and tries."""
