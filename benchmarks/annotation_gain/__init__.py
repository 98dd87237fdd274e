"""Gestures and seconds of a person until a data set is labelled, at the server and elsewhere.

person.py has the simulated persons, ours.py drives the server, opponents.py has the other methods,
plan.py lists the runs, and report.py prints and draws the results. Run it as
`python benchmarks/annotation_gain`.
"""
