"""Everything Emoseum computes; imports nothing else of ours."""
