"""Browser tests. They are a package, so that they share one browser (conftest.py)."""
