"""Many visitors at once: how long a switch on Findings takes, and whether the server grows with the pages that it has shown.

``python -m bench.load [--rows 1000000] [--sessions 20] [--switches 10] [--think 10] [--views 200] [--folder DIR]``: a made-up run in a store
of its own, prepared as a worker does, served by the app itself; visitors are sockets that speak Streamlit's protocol, so that what is
measured is the server and not a browser. Prints the 95th percentile of a switch, on the clock and of the server's processor time (which other
work on the machine does not change), and the memory of the server before and after the page views.
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.large_store import large_run
from workbench.results import preparation
from workbench.store import open_store

ROOT = Path(__file__).resolve().parents[1]
ADDRESSES = (
    "view=Board&attribute=accent", "view=Board&attribute=gender", "view=Changes&attribute=accent", "view=Changes&attribute=gender",
    "view=Utterances&attribute=accent", "view=Errors&attribute=accent", "view=Board&attribute=accent&reference=accent 03",
)  # fmt: skip
"""What visitors look at, as it stands in the address."""
TIMEOUT_S = 600.0
KEPT_S = 5
"""Seconds for which a session is kept after its socket is gone; Streamlit's own are 120."""


class Visitor:
    """A visitor: a socket to the server, and one page that is drawn again and again."""

    def __init__(self, port: int) -> None:
        url = f"ws://127.0.0.1:{port}/_stcore/stream"
        options = {
            "origin": f"http://127.0.0.1:{port}",
            "subprotocols": ["streamlit"],
            "max_size": None,
            "open_timeout": TIMEOUT_S,
            "ping_interval": None,
        }
        self._open = ExitStack()
        self._socket: ClientConnection = self._open.enter_context(connect(url, **options))

    def open(self, address: str) -> float:
        """Ask for Findings at an address; return the seconds until it is drawn."""
        message = BackMsg()
        message.rerun_script.page_name = "findings"
        message.rerun_script.query_string = address
        began = time.perf_counter()
        self._socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            data = self._socket.recv(timeout=TIMEOUT_S)
            answer.ParseFromString(data if isinstance(data, bytes) else data.encode())
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.new_element.WhichOneof("type") == "exception":
                raise AssertionError(answer.delta.new_element.exception.message)
            if kind == "script_finished" and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return time.perf_counter() - began

    def close(self) -> None:
        """Leave."""
        self._open.close()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--switches", type=int, default=10, help="of each session")
    parser.add_argument(
        "--think", type=float, default=10.0, help="seconds between two switches of a visitor, on average"
    )
    parser.add_argument("--views", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["WORKBENCH_HOME"] = str(folder)
        store = open_store()
        if not store.runs():
            n = max(arguments.rows // 40, 1)
            large_run(store, folder, utterances=n, speakers=min(1000, n), conditions=20, models=2)
            preparation.prepare(store.runs()[0].run_id, store=store)
        rows = store.runs()[0].done
        store.close()
        with _server(folder) as (port, server):
            print(
                f"{rows:,} rows; load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors", flush=True
            )
            first = Visitor(port)
            for address in ADDRESSES:
                print(f"  first visitor, {address}: {first.open(address):.2f} s", flush=True)
            _alone(first, server)
            first.close()
            _together(port, arguments.sessions, arguments.switches, arguments.think)
            _views(port, server, arguments.views)


def _alone(visitor: Visitor, server: psutil.Process) -> None:
    """Print what a switch takes while nobody else is there."""
    wall, processor = [], []
    for at in range(3 * len(ADDRESSES)):
        before = server.cpu_times()
        wall.append(visitor.open(ADDRESSES[at % len(ADDRESSES)]))
        after = server.cpu_times()
        processor.append(after.user + after.system - before.user - before.system)
    told = f"{np.percentile(wall, 95):.2f} s, {np.percentile(processor, 95):.2f} s of processor time"
    print(f"95th percentile of {len(wall)} switches, one visitor: {told}", flush=True)


def _together(port: int, sessions: int, switches: int, think: float) -> None:
    """Print what a switch takes while all visitors are there, each of whom looks at a page for a while."""
    times: list[float] = []
    problems: list[BaseException] = []

    def visit(number: int) -> None:
        pauses = random.Random(number)
        try:
            visitor = Visitor(port)
            time.sleep(pauses.uniform(0, think))
            visitor.open(ADDRESSES[number % len(ADDRESSES)])
            for at in range(switches):
                time.sleep(pauses.expovariate(1 / think) if think else 0.0)
                times.append(visitor.open(ADDRESSES[(number + at + 1) % len(ADDRESSES)]))
            visitor.close()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    told = f"{np.percentile(times, 50):.2f} s at the median, {np.percentile(times, 95):.2f} s at the 95th percentile"
    print(f"{len(times)} switches of {sessions} visitors, {think:g} s apart: {told}", flush=True)


def _views(port: int, server: psutil.Process, views: int) -> None:
    """Print the memory of the server while visitors come, look at one page and go."""
    sizes = []
    for at in range(views):
        visitor = Visitor(port)
        visitor.open(ADDRESSES[at % len(ADDRESSES)])
        visitor.close()
        if at % 20 == 19:
            sizes.append(server.memory_info().rss / 1e6)
            print(f"  after {at + 1:4} page views: {sizes[-1]:.0f} MB", flush=True)
    if len(sizes) > 2:
        half = len(sizes) // 2
        growth = np.polyfit(range(len(sizes) - half), sizes[half:], 1)[0] / 20
        print(f"in the second half of {views} page views: {growth:+.3f} MB for each", flush=True)


@contextmanager
def _server(home: Path) -> Iterator[tuple[int, psutil.Process]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.port", str(port), "--server.disconnectedSessionTTL", str(KEPT_S)]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *options]
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5):
                    break
            except OSError:
                time.sleep(0.5)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
