"""What pyproject.toml cannot say: the demo study and its audio go into the wheel, as ``workbench/demo``."""

from pathlib import Path
from shutil import copytree, ignore_patterns

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithDemo(build_py):
    """Builds the package, and copies the files of the demo from ``data_manifests`` into it."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            demo = Path(self.build_lib) / "workbench" / "demo"
            copytree("data_manifests", demo, dirs_exist_ok=True, ignore=ignore_patterns("*.py", "__pycache__"))


setup(cmdclass={"build_py": BuildWithDemo})
