"""Export of labels and predictions, class folders, the model, selection tables and a figure.

Each format has a module; formats.py lists them.
"""
