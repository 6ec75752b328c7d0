"""Pure rules of the figures: periods, groups, calls, targets, charts."""
