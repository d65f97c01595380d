"""What strangers might send: `python -m tests.fuzz text` tries a hundred thousand of it, `make soak` all three kinds."""
