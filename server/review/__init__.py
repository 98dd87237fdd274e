"""Advice on what a person should review or label next, and estimates of the label quality."""
