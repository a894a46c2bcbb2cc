"""Counts: sums per speaker and cell, of one set of transcripts or of pairs, from which every rate follows."""
