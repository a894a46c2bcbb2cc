"""Files that the user names: paths, encodings, and one reader for every table of manifests, transcripts, labels and reviews."""

from workbench.files.paths import contents, demo_folder, home, require_file, write_frame

__all__ = ["contents", "demo_folder", "home", "require_file", "write_frame"]
