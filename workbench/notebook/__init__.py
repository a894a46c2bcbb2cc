"""Notebook: the board of a study, and a browser of its cells."""

from workbench.notebook.board import show as show
from workbench.notebook.browser import browse as browse
