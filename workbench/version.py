"""The version of the workbench; runs and cards record it."""

__version__ = "0.1.0"
