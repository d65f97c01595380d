"""Ratings teach a painter of one's own."""
