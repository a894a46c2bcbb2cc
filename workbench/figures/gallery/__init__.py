"""The gallery: a page to hear, see and read every condition at every severity, without a network."""

from workbench.figures.gallery.builder import Clip, write
from workbench.figures.gallery.selection import choose, clip_of

__all__ = ["Clip", "choose", "clip_of", "write"]
