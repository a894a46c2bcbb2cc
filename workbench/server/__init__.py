"""What stands in front of the app on a server: which hosts it answers to, who may in, and what a browser may fetch."""
