"""A second opinion on a message by statistics, beside the grammar."""
