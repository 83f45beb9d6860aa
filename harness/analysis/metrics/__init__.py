"""The numbers that claims are about: `table` lists them, the other modules read them off a run or a pair of runs."""
