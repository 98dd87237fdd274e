"""Predictions per item from few labels: classifiers, label spreading, their ensemble."""
