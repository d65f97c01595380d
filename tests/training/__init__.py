"""Tests of what trains: they need torch, transformers and scikit-learn."""
