"""Tests of what a person would have seen."""
