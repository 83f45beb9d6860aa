"""A recorded market: its file read, checked, streamed and written."""
