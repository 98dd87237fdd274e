"""Regions as labelling rules, and the label model that weighs rules and people."""
