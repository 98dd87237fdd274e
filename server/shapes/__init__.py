"""Meshes and point clouds as items: reading, pictures, features, simplification."""
