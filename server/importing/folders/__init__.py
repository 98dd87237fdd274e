"""Folders of pictures, and the files of a folder."""
