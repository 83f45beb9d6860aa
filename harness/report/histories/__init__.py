"""A search over releases in words: what is about to be done, the sentence, the table."""
