"""Import of pictures, tables, arrays, sound and vectors into a data set folder.

A *source* (one module per kind) yields raw items, and build.py streams them into the folder. Items
that cannot be read are reported and left out.
"""
