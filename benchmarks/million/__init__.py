"""Matching at scale: an invented catalogue of any size with the spectrum of a real one, and what is measured over it."""
