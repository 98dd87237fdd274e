"""Feature extractors by name: pretrained networks, one module per family."""
