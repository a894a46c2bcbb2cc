"""The gallery: a page to hear, see and read every condition at every severity, without a network."""

from workbench.gallery.choosing import choose, clip_of
from workbench.gallery.making import Clip, write

__all__ = ["Clip", "choose", "clip_of", "write"]
