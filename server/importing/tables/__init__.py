"""Tables: rows of text, JSON, Parquet and other files, and the source that reads them."""
