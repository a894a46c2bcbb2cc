"""The script of the app."""
