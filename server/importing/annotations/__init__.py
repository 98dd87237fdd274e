"""Annotations of recordings: readers of their formats, matching of names, labels of windows."""
