"""The commands, a module per subject; each module's ``app`` is one line in ``workbench/__main__.py``."""
