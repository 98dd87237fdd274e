"""Projects on disk: manifest, checkpoints, imported labels."""
