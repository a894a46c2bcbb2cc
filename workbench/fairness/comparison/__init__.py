"""Comparisons of two systems, runs or conditions on the same utterances, and checks of declared gaps."""
