"""The annotation session: the events of the label log, and the state that follows from them."""
