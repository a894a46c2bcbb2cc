"""A workbench that measures how speech recognition treats accents in the rooms where it is used."""

__version__ = "0.1.0"
