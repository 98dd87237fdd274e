"""Training state on disk and in memory."""
