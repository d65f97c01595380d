"""How someone feels, from words, face and voice."""
