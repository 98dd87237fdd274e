"""Work out: labels and predictions, class folders, the model, selection tables, a figure. One file a kind; formats.py lists them."""
