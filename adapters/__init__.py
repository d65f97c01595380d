"""The outside world, one file a thing, each named thing_port."""
