"""The numbers that claims are about: `catalogue/` lists them, the other modules read them off a run or a pair."""
