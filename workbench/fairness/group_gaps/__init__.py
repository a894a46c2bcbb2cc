"""Gaps between groups: differences and ratios of rates, bounds that hold for all groups, a bootstrap."""
