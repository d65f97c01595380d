"""What every process of the product reads when it starts, read once in the nursery: our words, and the patterns of danger.

Never weights: tests take those away from a process that they start.
"""

from __future__ import annotations

from core.phrases import LANGUAGES, catalogue
from core.safety.lexicon import lexicon
from core.safety.wording import concepts

for language in LANGUAGES:
    catalogue(language)
lexicon()
concepts()
