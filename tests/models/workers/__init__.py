"""Tests with workers. They are a package, so that they share one team (conftest.py)."""
