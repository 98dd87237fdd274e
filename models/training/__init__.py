"""The training loops and the trainer that drives them."""
