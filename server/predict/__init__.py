"""Predictions for new items, by the model of a project or by an exported model."""
