"""What the commands of ``workbench`` share: how they print, and their longer answers."""
