"""Projects on disk: manifest, checkpoints, labels that come from elsewhere."""
