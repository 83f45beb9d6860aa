"""What breaks a stream: gaps, reconnects, halts, bursts and out-of-order updates, by seed."""
