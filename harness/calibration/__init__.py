"""How often verdicts err: on simulated curves (`python -m harness.calibration`), and over repeated soaks."""
