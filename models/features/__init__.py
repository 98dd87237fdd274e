"""Features of items: descriptors, self-supervision, principal components."""
