"""Small data, sessions and trainings that several test modules use."""
