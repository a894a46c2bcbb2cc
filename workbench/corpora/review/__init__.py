"""Reference check: rows whose text or audio deserves a second look, as a list that a person decides on.

Nothing is changed by looking. :func:`review_corpus` makes the list, :func:`write_review` writes it as CSV; whoever hears the audio
fills in ``decision`` (keep, fix, drop) and ``corrected``, and :func:`apply_review` writes the manifest with the decisions.
"""

from workbench.corpora.review.decisions import Applied, apply_review
from workbench.corpora.review.review_list import review_corpus, write_review

__all__ = ["Applied", "apply_review", "review_corpus", "write_review"]
