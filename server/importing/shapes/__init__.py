"""Meshes and point clouds as items."""
