"""A diary line becomes a crayon picture."""
