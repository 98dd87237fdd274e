"""Commands of a session, one module per topic: planning, applying and reverting of its events."""
