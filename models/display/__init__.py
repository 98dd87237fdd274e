"""Latent means as shown: alignment between frames, and backward motion at an undo."""
