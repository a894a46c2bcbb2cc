"""Results: what a run found, scored from its stored transcripts, and the tables made of it."""

from workbench.results.explorer import Listing as Listing
from workbench.results.explorer import Question as Question
from workbench.results.explorer import listing as listing
from workbench.results.loader import heard as heard
from workbench.results.loader import load as load
from workbench.results.loader import rescored as rescored
from workbench.results.loader import write_scores as write_scores
from workbench.results.scored_run import SYNTHETIC as SYNTHETIC
from workbench.results.scored_run import Results as Results
