"""Pages of one file, which are items: a TIFF stack, an animation."""
