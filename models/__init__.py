"""The generative model, its losses and its training. Knows nothing of servers, files or clients."""
