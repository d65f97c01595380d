"""The conversation: how people meet Anna."""
