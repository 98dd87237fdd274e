"""Display of the latent means: alignment between frames, and backward motion at an undo."""
