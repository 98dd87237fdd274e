"""The trainer process and its supervisor. Importing this package loads no torch."""
