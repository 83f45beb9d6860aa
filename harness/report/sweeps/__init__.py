"""A sweep for people: its plan, its progress, its findings in sentences and tables. Pictures are with the others."""
