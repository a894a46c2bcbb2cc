"""What the commands of ``python -m workbench`` share: how they print, and their longer answers."""
