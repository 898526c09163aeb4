"""The commands that need no results: nothing that these are read with is imported for them."""
