"""The recording of a session: its file format, its index and its writer."""
