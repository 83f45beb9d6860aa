"""What ``soak`` exits with: every code, and the one that the status of a soak comes to.

An error has the code of its class (harness.errors); Ctrl-C, a bug and a reader that has gone are no evidence.
"""

from __future__ import annotations

MET = 0
MISSED = 1
WRONG_USAGE = 2
NO_EVIDENCE = 3
UNDECIDED = 4

OF_STATUS = {"met": MET, "missed": MISSED, "invalid": NO_EVIDENCE, "incomplete": NO_EVIDENCE, "inconclusive": UNDECIDED}
"""By the status of a soak (harness.analysis.verdict.soak_verdict)."""
