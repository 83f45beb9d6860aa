"""What a client delivered of what an exchange sent it."""
