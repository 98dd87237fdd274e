"""The annotation session: events in the label log and the state they add up to."""
