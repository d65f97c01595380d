"""The crisis check and its fixed answers."""
