"""Pages about figures in the manager's console: periods, comparison, targets."""
