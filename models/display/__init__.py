"""Latent means as shown: alignment between frames, and the way back of an undo."""
