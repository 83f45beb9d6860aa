"""The parent of the judged processes: it plans, admits and supervises runs, and keeps what they recorded."""
