"""Trainings without a screen that can be resumed: single runs, sweeps, and queues of bakes."""
