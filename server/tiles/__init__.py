"""Scenes in levels of detail: octrees of points as 3D Tiles (docs/tiles.md)."""
