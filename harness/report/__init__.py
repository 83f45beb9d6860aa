"""From verdicts to people: words, the terminal, the pictures."""
