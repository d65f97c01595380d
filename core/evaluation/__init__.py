"""What the small models are judged by: one module a model, the same figures for `emoseum evaluate` and `make eval`."""
