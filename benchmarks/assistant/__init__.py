"""Training of the assistant's classifier, and what it reaches on sentences that it has not seen."""
