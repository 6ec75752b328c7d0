"""Pages of the organisation's look and legal texts."""
