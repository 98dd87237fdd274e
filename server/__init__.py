"""Lodespace: label data by moving it. A latent space you can grab, that learns as you label.

The command line is `lodespace` (see `lodespace --help`). This module imports nothing heavy: the server must be
serving in about a second, and torch lives only in the trainer process and in `bake`.
"""

__version__ = "0.1.0"
