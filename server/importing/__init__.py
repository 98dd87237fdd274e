"""Import of pictures, tables, arrays, sound and vectors into a data set folder.

A *source* yields raw items. Each kind of input data has a folder with the module that defines its
source. build.py writes the raw items into the data set folder one by one. Items that cannot be read
are left out and reported.
"""
