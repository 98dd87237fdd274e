"""Export of labels and predictions, class folders, the model, selection tables and a figure.

formats.py lists the formats and calls their modules.
"""
