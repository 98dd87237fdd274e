"""Tables: rows of text files and Parquet files, and the source that reads them."""
