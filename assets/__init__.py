"""Bundled data: `digits` (source and licence in digits/SOURCE.md), and `demo`, a static site of
them.
"""
