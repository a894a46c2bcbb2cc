"""The Findings page and its views."""
