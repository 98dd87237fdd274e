"""Code in C for the processor, and its use in threads."""
