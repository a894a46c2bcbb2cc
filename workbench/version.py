"""The version of the workbench; runs and cards record it."""

__version__ = "0.2.0"

DISTRIBUTION = "speech-fairness-workbench"
"""What the package is installed as. Another package of its name has another value here, or none."""
