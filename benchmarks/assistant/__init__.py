"""Training of the assistant's classifier, and its accuracy on unseen sentences."""
