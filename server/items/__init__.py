"""Items of a data set: their arrays, tables, original files and pictures."""
