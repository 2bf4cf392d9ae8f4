"""Privacy: forgetting a person or a client."""
