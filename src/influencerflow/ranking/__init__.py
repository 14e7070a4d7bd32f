"""The final order of candidates: pure, over what retrieval and the lexicon found."""
