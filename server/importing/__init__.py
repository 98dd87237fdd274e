"""Data in: from what people have (pictures, tables, arrays, sound, vectors) to a data set folder that the rest of Lodespace reads.

A *source* (one file a kind) yields raw items, build.py streams them into the folder; what cannot be read is reported, never fatal.
"""
