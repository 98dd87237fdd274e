"""Arrays: NumPy and IDX files, arrays in memory, and data sets of torch."""
