#!/usr/bin/env python3
"""Whether the dashboard's memory is flat while trials run: the server's, and that of a page which follows them.

    bench/dashboard_live.py STORE [--bin build/release/bin] [--minutes 10] [--pause 4]

STORE: as tests/tools/make_big_store.py --running 12 makes one; it is written to. Each running trial has one more epoch
every --pause seconds.
"""
import argparse
import json
import sys
import threading
import time
from pathlib import Path

from dashboard import Server, launch_browser

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "tools"))
import make_big_store  # noqa: E402


class Training(threading.Thread):
    def __init__(self, database: Path, pause: float):
        super().__init__(daemon=True)
        self.database, self.pause, self.epochs, self.ended = database, pause, 0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(self.pause):
            self.epochs += make_big_store.train(self.database)

    def end(self) -> None:
        self.ended.set()
        self.join()


def heap_of(devtools) -> tuple[float, int]:
    """Of the page: MiB after garbage was collected, and nodes."""
    devtools.send("HeapProfiler.collectGarbage")
    return devtools.send("Runtime.getHeapUsage")["usedSize"] / 2**20, devtools.send("Memory.getDOMCounters")["nodes"]


def watch(server: Server, training: Training, minutes: float) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        # the curves and rows of what is training
        trials = json.loads(server.get("/api/v1/sweeps/1/trials?state=running")[1])["trials"]
        page.goto(f"http://127.0.0.1:{server.port}/#/sweeps/1?state=running&show={trials[0]['configuration']}")
        page.wait_for_selector("path.line", timeout=120_000)
        devtools = page.context.new_cdp_session(page)
        print("minute  server MiB  server CPU s  page MiB  nodes  epochs  requests")
        begin = time.monotonic()
        while (passed := time.monotonic() - begin) < 60 * minutes + 1:
            heap, nodes = heap_of(devtools)
            print(f"{passed / 60:6.1f}  {server.memory_mib():10.1f}  {server.cpu_seconds():12.1f}  {heap:8.1f}  {nodes:5}  "
                  f"{training.epochs:6}  {len(asked):8}", flush=True)
            page.wait_for_timeout(60_000)
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--bin", type=Path, default=Path("build/release/bin"))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--pause", type=float, default=4)
    arguments = parser.parse_args()

    server = Server(arguments.bin.resolve(), arguments.store.resolve())
    training = Training(arguments.store.resolve() / "mer.db", arguments.pause)
    training.start()
    try:
        watch(server, training, arguments.minutes)
    finally:
        training.end()
        server.close()


if __name__ == "__main__":
    main()
