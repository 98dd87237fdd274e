"""Files whose pages or frames are items, such as a TIFF stack or an animation."""
