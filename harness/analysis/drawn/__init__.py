"""What is drawn over hours beside the curves: what a verdict on a leak looked at, and children by command."""
