"""Rates of groups: word error rates, further metrics, intersections and how far groups are spread."""
