"""Drivers of the running product: server processes, a client of the stream, the page, a headset."""
