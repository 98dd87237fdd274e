"""One project in service: commands in, news out. Knows no HTTP."""
