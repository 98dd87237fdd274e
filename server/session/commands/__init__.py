"""What each command does, one module per topic: the event that it plans, applies and reverts."""
