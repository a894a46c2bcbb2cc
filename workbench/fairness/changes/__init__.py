"""Changes between conditions: whether a condition widens a gap, and how rates rise with its dose."""
