"""Gestures and seconds that a person needs to label a data set, with Lodespace and other methods.

person.py has the simulated persons, ours.py uses the server, opponents.py has the other methods,
plan.py lists the runs, and report.py prints and draws the results. Run the benchmark by
`python benchmarks/annotation_gain`.
"""
