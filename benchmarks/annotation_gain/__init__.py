"""Gestures and seconds that a person needs to label a data set, with Lodespace and other methods.

data_sets.py lists the data sets, views.py the features of the other methods, person.py has the
simulated persons, ours.py uses the server, opponents.py has the other methods, suspects.py the
search for wrong labels. plan.py lists the runs, register.py records the runs on data sets that are
not used for tuning, report.py and set_report.py print the results, and curves.py draws them. Run
the benchmark by `python benchmarks/annotation_gain`.
"""
