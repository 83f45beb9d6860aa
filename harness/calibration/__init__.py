"""How often the verdicts err, on synthetic curves whose truth is known: `python -m harness.calibration`."""
