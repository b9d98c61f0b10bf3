"""What `digest preview` shows beside the letter: slots, what has changed, what it comes to; and files being edited."""
