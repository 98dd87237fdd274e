"""Import of pictures, tables, arrays, sound and vectors into a data set folder.

A *source* yields raw items; each kind of file has a module with its source. build.py writes the raw
items into the folder as a stream. Items that cannot be read are left out and reported.
"""
