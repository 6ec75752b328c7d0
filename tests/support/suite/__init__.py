"""How the suite runs: what a process runs, how many at once, and what it costs."""
