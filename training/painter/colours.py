"""Colours get names; the names are the house's, so that the painter is asked with the words that it learned from."""

from core.painting.colours import BORDER, NAMES, bands, lab, name_of, pigment, rgb_of

__all__ = ["BORDER", "NAMES", "bands", "lab", "name_of", "pigment", "rgb_of"]
