"""A day becomes half a minute of music."""
