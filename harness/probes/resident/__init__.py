"""Which pages of this process are resident, and what accounts for them."""
