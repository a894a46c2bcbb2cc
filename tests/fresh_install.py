"""Install the package as its users do and use it: ``python -m tests.fresh_install [--base] [--lowest] [--python PATH]``.

A source distribution and a wheel are built; base and ``[all]`` are installed in fresh environments outside the tree, without
``shared/``. Base scores a table and names what it lacks; ``[all]`` makes the demo run, writes and verifies its card, and shows its
findings in Chromium. Sizes and times are printed; a bound that is not kept ends it with an error. ``--lowest`` installs the
oldest versions that ``pyproject.toml`` allows (of direct dependencies, base only; needs uv). ``--python`` is the interpreter of the
environments, to try another version of Python.
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
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BASE_MB = 450
SCORE_S = 3.0
NOT_IN_BASE = ("torch", "streamlit", "sqlalchemy", "matplotlib", "pyarrow", "whisper")


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


def built(folder: Path) -> tuple[Path, Path]:
    """Build both distributions from what git knows of the tree, the wheel from the source distribution."""
    source = folder / "source"
    source.mkdir()
    names = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    run([sys.executable, "-m", "build", "--outdir", str(folder / "dist"), str(source)], cwd=folder)
    shutil.rmtree(source)
    return next((folder / "dist").glob("*.tar.gz")), next((folder / "dist").glob("*.whl"))


def installed(folder: Path, requirement: str, *pip: str, python: str = sys.executable) -> tuple[Path, float, float]:
    """Make an environment with ``requirement``; return its folder of programs, what was added in MB and the seconds that pip took."""
    run([python, "-m", "venv", str(folder)], cwd=folder.parent)
    programs = folder / "bin"
    empty = size_mb(folder)
    started = time.monotonic()
    run(
        [str(programs / "pip"), "install", "--quiet", "--disable-pip-version-check", *pip, requirement],
        cwd=folder.parent,
    )
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
    if min(works) > SCORE_S:
        raise FreshInstallError(f"score takes {min(works):.1f} s of processor time")
    return f"score: first {walls[0]:.1f} s, best {min(walls):.1f} s, {min(works):.1f} s of processor time"


def check_all(programs: Path, folder: Path) -> list[str]:
    """Make the demo run and its card, verify the card, look at the findings in Chromium."""
    home = {"WORKBENCH_HOME": str(folder / "home-of-all")}
    workbench = str(programs / "workbench")
    report = []

    def timed(name: str, *arguments: str) -> str:
        started = time.monotonic()
        printed = run([workbench, *arguments], cwd=folder, **home).stdout
        report.append(f"{name} {time.monotonic() - started:.0f} s")
        return printed

    timed("doctor --check", "doctor", "--check", "--json")
    run_id = timed("demo", "demo").split()[-1]
    timed("card", "card", run_id, "--out", "card")
    timed("verify", "verify", "card/card.pdf")
    started = time.monotonic()
    heading = findings(workbench, folder, home)
    return [*report, f"app: {heading} in {time.monotonic() - started:.0f} s"]


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
    run(["uv", "venv", "--quiet", "--python", sys.executable, str(environment)], cwd=folder)
    python = str(environment / "bin" / "python")
    run(
        ["uv", "pip", "install", "--quiet", "--resolution", "lowest-direct", "--python", python, str(wheel)], cwd=folder
    )
    return check_base(environment / "bin", folder)


def main() -> None:
    """Run all of it and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lowest", action="store_true", help="the oldest versions that are allowed, instead")
    parser.add_argument("--base", action="store_true", help="base only: [all] fetches gigabytes and takes many minutes")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the environments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="workbench-fresh-") as name:
        folder, started = Path(name), time.monotonic()
        source, wheel = built(folder)
        print(f"built in {time.monotonic() - started:.0f} s: {wheel.name} {wheel.stat().st_size / 1e6:.1f} MB, "
              f"{source.name} {source.stat().st_size / 1e6:.1f} MB", flush=True)  # fmt: skip
        if arguments.lowest:
            print(f"oldest versions: {lowest(folder, wheel)}")
            return
        programs, size, seconds = installed(folder / "base", str(wheel), python=arguments.python)
        print(f"base: {size:.0f} MB, installed in {seconds:.0f} s; {check_base(programs, folder)}", flush=True)
        if size > BASE_MB:
            raise FreshInstallError(f"base takes {size:.0f} MB, more than {BASE_MB}")
        if arguments.base:
            return
        shutil.rmtree(folder / "base")
        programs, size, seconds = installed(
            folder / "all", f"{wheel}[all]", "--constraint", str(torch_pins(folder)), python=arguments.python
        )
        print(f"all: {size:.0f} MB, installed in {seconds:.0f} s; {'; '.join(check_all(programs, folder))}", flush=True)
        print(f"together {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except FreshInstallError as failure:
        sys.exit(str(failure))
