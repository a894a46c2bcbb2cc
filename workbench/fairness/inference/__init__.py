"""Inference: estimates over speakers with their intervals, tests, families of tests and verdicts."""
