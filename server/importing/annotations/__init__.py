"""Annotation files: reading them, matching their names to recordings, labelling the items."""
