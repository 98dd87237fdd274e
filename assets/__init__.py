"""Bundled data: the data set `digits`, and the static site `demo`, which is baked from it.

The source and licence of the digits are in digits/SOURCE.md.
"""
