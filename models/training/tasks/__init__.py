"""Kinds of work that the loop of particles interleaves, each in units of about 20 ms."""
