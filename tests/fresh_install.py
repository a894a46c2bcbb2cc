"""Install the package as its users do and use it: ``python -m tests.fresh_install [PART ...] [--lowest] [--python PATH] [--wheel PATH]``.

A source distribution and a wheel are built, and installed in fresh environments outside the tree, without ``shared/``:

- ``base`` scores a table and names what it lacks;
- ``tests`` runs the tests of text and statistics that need no extra, on the installed package;
- ``tutorials`` walks each of the four in an environment with what it says it needs, and no more;
- ``all`` installs ``[all]``, makes the demo run, writes and verifies its card, and shows its findings in Chromium.

Without a PART all four are done. Sizes and times are printed; a bound that is not kept ends it with an error. ``--lowest`` installs the
oldest versions that ``pyproject.toml`` allows (of direct dependencies, base only; needs uv). ``--python`` is the interpreter of the
environments, to try another version of Python, and ``--wheel`` a wheel that is built already.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.document_walk import needed_extras

ROOT = Path(__file__).resolve().parent.parent
BASE_MB = 400
SCORE_S = 3.0
PARTS = ("base", "tests", "tutorials", "all")
BASE_TESTS = {
    "text": "align alternatives dialect edit_counts english_numbers error_positions keywords lattice marks numbers scores trace",
    "fairness": "bootstrap covariates coverage dose_response e_value gap_changes gap_check jackknife log_ratio mapsswe paired "
    "permutation power slices spread stopping tallied verdicts word_errors",
}
"""Tests of the base package, by the beginning of their name."""
UV = str(Path(sys.executable).with_name("uv"))
NOT_IN_BASE = ("torch", "streamlit", "sqlalchemy", "matplotlib", "pyarrow", "whisper", "soundfile", "babel")
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))


class FreshInstallError(Exception):
    """Something does not hold in a fresh environment."""


def run(command: Sequence[str], *, cwd: Path, expected: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command away from the tree and return what it printed; anything but the expected exit code is a failure."""
    hidden = ("PYTHONPATH", "WORKBENCH_SHARED", "WORKBENCH_STORE", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env={**environment, **more})
    if done.returncode != expected or (expected and "Traceback" in done.stderr):
        raise FreshInstallError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
    return done


def built(folder: Path, *options: str) -> tuple[Path, Path]:
    """Build both distributions from what git knows of the tree, the wheel from the source distribution; ``options`` are those of build."""
    source = folder / "source"
    source.mkdir()
    names = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    run([sys.executable, "-m", "build", *options, "--outdir", str(folder / "dist"), str(source)], cwd=folder)
    shutil.rmtree(source)
    return next((folder / "dist").glob("*.tar.gz")), next((folder / "dist").glob("*.whl"))


def installed(folder: Path, requirement: str, *pip: str, python: str = sys.executable) -> tuple[Path, float, float]:
    """Make an environment with ``requirement``; return its folder of programs, what was added in MB and the seconds that pip took."""
    run([python, "-m", "venv", str(folder)], cwd=folder.parent)
    programs = folder / "bin"
    empty = size_mb(folder)
    started = time.monotonic()
    command = [str(programs / "pip"), "install", "--quiet", "--disable-pip-version-check", *pip, requirement]
    run(command, cwd=folder.parent)
    seconds = time.monotonic() - started
    run([str(programs / "pip"), "check"], cwd=folder.parent)
    return programs, size_mb(folder) - empty, seconds


def torch_pins(folder: Path) -> Path:
    """Write the tested versions of torch and torchaudio as constraints: without them pip takes the newest, a CUDA build of 8 GB."""
    pins = re.findall(r"^(?:torch|torchaudio)==[\w.]+", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE)
    path = folder / "constraints.txt"
    path.write_text("\n".join(pins) + "\n")
    return path


def size_mb(folder: Path) -> float:
    """Return what a folder takes on the disk."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_blocks * 512 for path in files) / 1e6


def forget(folder: Path) -> None:
    """Drop the files of a folder from the memory of the system, so that the next start reads them from the disk."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            file = os.open(path, os.O_RDONLY)
            try:
                os.fsync(file)
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(file)


def walked(programs: Path, folder: Path, page: Path) -> str:
    """Walk a page in an empty folder, with an empty store, by the workbench of an environment."""
    place = folder / f"walk-{page.stem}"
    place.mkdir()
    started = time.monotonic()
    home = {"WORKBENCH_HOME": str(place / ".home")}
    done = run(
        [str(programs / "python"), str(Path(__file__).with_name("document_walk.py")), str(page)], cwd=place, **home
    )
    return f"{page.stem}: {done.stdout.splitlines()[-1]} in {time.monotonic() - started:.0f} s"


def check_tests(programs: Path, folder: Path) -> str:
    """Run the tests of the base package with pytest on the package that is installed; return its last line."""
    place = folder / "tests-of-base"
    shutil.copytree(ROOT / "tests", place / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / name, place / name)
    run([str(programs / "pip"), "install", "--quiet", "--no-compile", "pytest", "hypothesis"], cwd=folder)
    names = [f"tests/test_{area}_{name}.py" for area, names in BASE_TESTS.items() for name in names.split()]
    command = [str(programs / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not long", *names]
    return run(command, cwd=place).stdout.splitlines()[-1]


def check_tutorials(folder: Path, wheel: Path, python: str) -> Iterator[str]:
    """Walk each tutorial in an environment that has what it says it needs, and no more."""
    needs: dict[str, list[Path]] = {}
    for page in TUTORIALS:
        needs.setdefault(needed_extras(page), []).append(page)
    for number, (extras, pages) in enumerate(sorted(needs.items())):
        place = folder / f"tutorials-{number}"
        requirement = f"{wheel}[{extras}]" if extras else str(wheel)
        programs, size, seconds = installed(place, requirement, "--no-compile", python=python)
        yield f"[{extras}]: {size:.0f} MB before anything is compiled, installed in {seconds:.0f} s; " + "; ".join(
            walked(programs, folder, page) for page in pages
        )
        shutil.rmtree(place)


def table(path: Path) -> None:
    """Write transcripts of twelve speakers: group a has one word in five wrong, group b two in five."""
    rows = ["utterance_id,reference,hypothesis,speaker,accent"]
    for number in range(120):
        group = "ab"[number % 2]
        heard = "please call the night doctor" if group == "a" else "please call the day doctor"
        rows.append(f"u{number},please call the night nurse,{heard},{group}{number // 2 % 6},{group}")
    path.write_text("\n".join(rows) + "\n")


def check_base(programs: Path, folder: Path) -> str:
    """Score a table and compare with what it was made of; a command that lacks a package names the extra."""
    transcripts = folder / "transcripts.csv"
    table(transcripts)
    command = [
        str(programs / "workbench"),
        "score",
        str(transcripts),
        "--by",
        "accent",
        "--speaker",
        "speaker",
        "--json",
    ]
    home = {"WORKBENCH_HOME": str(folder / "home")}
    walls, works = [], []
    forget(programs.parent)
    for _ in range(3):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        scored = json.loads(run(command, cwd=folder, **home).stdout)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        walls.append(time.monotonic() - started)
        works.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    rates = {row["accent"]: row["rate"] for row in scored["rates"] if "accent" in row}
    if abs(rates["a"] - 0.2) > 1e-9 or abs(rates["b"] - 0.4) > 1e-9:
        raise FreshInstallError(f"score: {rates}, made with .2 and .4")
    for name in NOT_IN_BASE:
        probe = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is not None)"
        run([str(programs / "python"), "-c", probe], cwd=folder)
    for arguments, extra in ((["app"], "app"), (["demo"], "audio"), (["status"], "audio")):
        said = " ".join(run([str(programs / "workbench"), *arguments], cwd=folder, expected=2, **home).stderr.split())
        if f"pip install 'speech-fairness-workbench[{extra}]'" not in said:
            raise FreshInstallError(f"{arguments}: {said}")
    if works[0] > SCORE_S:
        raise FreshInstallError(f"score takes {works[0]:.1f} s of processor time from the disk")
    return (
        f"score: from the disk {walls[0]:.1f} s, {works[0]:.1f} s of it processor time; "
        f"again {min(walls[1:]):.1f} s, {min(works[1:]):.1f} s"
    )


def check_all(programs: Path, folder: Path) -> Iterator[str]:
    """Make the demo run and its card, verify the card, look at the findings in Chromium; yield what took how long."""
    home = {"WORKBENCH_HOME": str(folder / "home-of-all")}
    workbench = str(programs / "workbench")
    printed = ""
    for name, arguments in (
        ("doctor --check", ("doctor", "--check", "--json")),
        ("demo", ("demo",)),
        ("card", ("card", "", "--out", "card")),
        ("verify", ("verify", "card/card.pdf")),
    ):
        started = time.monotonic()
        words = [argument or printed.split()[-1] for argument in arguments]
        printed = run([workbench, *words], cwd=folder, **home).stdout
        yield f"{name} {time.monotonic() - started:.0f} s"
    started = time.monotonic()
    heading = findings(workbench, folder, home)
    yield f"app: {heading} in {time.monotonic() - started:.0f} s"


def findings(workbench: str, folder: Path, home: dict[str, str]) -> str:
    """Open the app on a free port and return the heading of its findings, which must have a figure and no error."""
    from tests.browsing import launched

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | home
    with (folder / "app.log").open("w") as log:
        command = [workbench, "app", "--port", str(port)]
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        with launched() as browser:
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{port}/findings")
            page.locator("h1").wait_for(timeout=60_000)
            page.locator(".js-plotly-plot").first.wait_for(timeout=60_000)
            if page.locator('[data-testid="stException"]').count():
                raise FreshInstallError(
                    f"the page shows an exception: {page.locator('[data-testid=stException]').first.inner_text()}"
                )
            return str(page.locator("h1").first.inner_text())
    finally:
        for process in _family(server.pid):
            process.terminate()
        server.wait(30)


def _family(pid: int) -> list[object]:
    """Return a process and those that it started."""
    import psutil

    parent = psutil.Process(pid)
    return [*parent.children(recursive=True), parent]


def lowest(folder: Path, wheel: Path) -> str:
    """Install the oldest direct dependencies that are allowed, by uv, and score with them."""
    environment = folder / "lowest"
    run([UV, "venv", "--quiet", "--python", sys.executable, str(environment)], cwd=folder)
    python = str(environment / "bin" / "python")
    run([UV, "pip", "install", "--quiet", "--resolution", "lowest-direct", "--python", python, str(wheel)], cwd=folder)
    return check_base(environment / "bin", folder)


def main() -> None:
    """Run all of it and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them unless named")
    parser.add_argument("--lowest", action="store_true", help="the oldest versions that are allowed, instead")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the environments")
    parser.add_argument("--wheel", type=Path, help="a wheel that is built already")
    arguments = parser.parse_args()
    parts = arguments.parts or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"{', '.join(sorted(unknown))} is none of {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="workbench-fresh-") as name:
        folder, started = Path(name), time.monotonic()
        wheel = arguments.wheel
        if wheel is None:
            source, wheel = built(folder)
            print(f"built in {time.monotonic() - started:.0f} s: {wheel.name} {wheel.stat().st_size / 1e6:.1f} MB, "
                  f"{source.name} {source.stat().st_size / 1e6:.1f} MB", flush=True)  # fmt: skip
        if arguments.lowest:
            print(f"oldest versions: {lowest(folder, wheel)}")
            return
        if {"base", "tests"} & set(parts):
            programs, size, seconds = installed(folder / "base", str(wheel), python=arguments.python)
            print(f"base: {size:.0f} MB, installed in {seconds:.0f} s; {check_base(programs, folder)}", flush=True)
            if size > BASE_MB:
                raise FreshInstallError(f"base takes {size:.0f} MB, more than {BASE_MB}")
            if "tests" in parts:
                print(f"tests of base: {check_tests(programs, folder)}", flush=True)
            shutil.rmtree(folder / "base")
        if "tutorials" in parts:
            for report in check_tutorials(folder, wheel, arguments.python):
                print(f"tutorials with {report}", flush=True)
        if "all" in parts:
            # Bytecode is written when a module is first used: compiling what nobody imports takes longer than installing it.
            programs, size, seconds = installed(
                folder / "all", f"{wheel}[all]", "--no-compile", "--constraint", str(torch_pins(folder)),
                python=arguments.python,
            )  # fmt: skip
            print(f"all: {size:.0f} MB before anything is compiled, installed in {seconds:.0f} s", flush=True)
            for report in check_all(programs, folder):
                print(f"all: {report}", flush=True)
            print(f"all: {size_mb(folder / 'all'):.0f} MB with what was used compiled", flush=True)
        print(f"together {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except FreshInstallError as failure:
        sys.exit(str(failure))
