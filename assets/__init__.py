"""Bundled data: `digits` (source and licence in digits/SOURCE.md) and `demo`, a bake of it."""
