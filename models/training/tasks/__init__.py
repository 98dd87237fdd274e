"""Kinds of work that ParticleLoop interleaves, each in units of about 20 ms."""
