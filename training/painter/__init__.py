"""Emoseum's own small painter: pairs of line art and crayon picture, and the networks that learn from them."""
