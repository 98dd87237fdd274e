"""Gestures and seconds that a person needs to label a data set, with Lodespace and other methods.

Run the benchmark by `python benchmarks/annotation_gain`.

- data_sets.py lists the data sets.
- person.py has the simulated persons.
- ours.py measures Lodespace. model_run.py has its session and model, server_run.py its server.
- run_files.py stores the runs, in the folder runs.
- opponents.py has the other methods. views.py computes the features for these methods.
- suspects.py measures the search for wrong labels.
- plan.py lists the runs.
- register.py records the runs on data sets that are not used for tuning.
- time_model.py has the seconds per act, on the page and in VR.
- report.py, set_report.py and vr_report.py print the results.
- curves.py draws the results.
"""
