"""Trainings that run without a screen and can be resumed: single runs, sweeps, queues of bakes."""
