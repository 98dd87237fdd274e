"""Commands of a session, one module per topic: planning, applying and undoing of events."""
