"""Videos, whose frames are items."""
