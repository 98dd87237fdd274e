"""Gestures, and a person's seconds, to a labelled data set: the shipped server against what people would use instead.

person.py is who labels, ours.py drives the real server, opponents.py are the others, plan.py says which runs there are, report.py
prints and draws. Run it as `python benchmarks/annotation_gain`.
"""
