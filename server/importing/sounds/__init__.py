"""Folders of sound files, and spectrograms of sound."""
