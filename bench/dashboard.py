#!/usr/bin/env python3
"""How fast the dashboard is on a large store: each API answer, and the first paint of each page in a real browser.

    bench/dashboard.py STORE [--bin build/release/bin] [--rounds 30] [--json FILE]

STORE: as tests/tools/make_big_store.py makes one. Needs what tests/web/browser needs for the pages; --no-browser leaves
them out.
"""
import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import time
from pathlib import Path


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def launch_browser(playwright):
    return playwright.chromium.launch(executable_path=os.environ.get("MER_CHROMIUM", "/usr/bin/chromium"),
                                      args=["--no-sandbox", "--disable-gpu"])


class Server:
    def __init__(self, programs: Path, store: Path):
        self.process = subprocess.Popen([programs / "merctl", "--store", store, "serve", "--port", "0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
                return
        raise SystemExit("merctl serve did not say its address")

    def get(self, path: str) -> tuple[float, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        begin = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - begin
        connection.close()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:200]!r}")
        return seconds, body

    def memory_mib(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def time_api(server: Server, paths: list[str], rounds: int) -> list[dict]:
    found = []
    for path in paths:
        answers = [server.get(path) for _ in range(rounds)]
        seconds = [one for one, _ in answers]
        found.append({"path": path, "kib": len(answers[0][1]) / 1024, "median_ms": 1000 * statistics.median(seconds),
                      "p95_ms": 1000 * percentile(seconds, 0.95)})
    return found


def time_pages(server: Server, pages: dict[str, tuple[str, str]], rounds: int) -> list[dict]:
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        for name, (path, ready) in pages.items():
            seconds = []
            for _ in range(rounds):
                context = browser.new_context(viewport={"width": 1280, "height": 900})
                page = context.new_page()
                begin = time.perf_counter()
                page.goto(f"http://127.0.0.1:{server.port}/#{path}")
                page.wait_for_selector(ready, timeout=120_000)
                seconds.append(time.perf_counter() - begin)
                context.close()
            found.append({"page": name, "median_ms": 1000 * statistics.median(seconds), "worst_ms": 1000 * max(seconds)})
        browser.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--bin", type=Path, default=Path("build/release/bin"))
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    server = Server(arguments.bin.resolve(), arguments.store.resolve())
    try:
        trial = json.loads(server.get("/api/v1/sweeps/1/trials?limit=1")[1])["trials"][0]["id"]
        shown = ",".join(map(str, range(6)))
        api = time_api(server, ["/api/v1/version", "/api/v1/sweeps", "/api/v1/sweeps/1", "/api/v1/sweeps/1/trials?limit=50",
                                "/api/v1/sweeps/1/results?limit=50", "/api/v1/sweeps/1/results?limit=50&sort=ua&rule=best-test",
                                f"/api/v1/sweeps/1/curves?configurations={shown}",
                                f"/api/v1/sweeps/1/curves?configurations={shown}&metric=loss.total",
                                "/api/v1/sweeps/1/comparison?baseline=1&limit=50", "/api/v1/sweeps/1/confusion?configuration=1",
                                "/api/v1/sweeps/1/audit?limit=50", "/api/v1/sweeps/1/hyperparameters",
                                "/api/v1/sweeps/1/timeline?limit=1000", "/api/v1/sweeps/1/timeline?offset=11000&limit=1000", f"/api/v1/trials/{trial}", f"/api/v1/trials/{trial}/curve"],
                       arguments.rounds)
        pages = [] if arguments.no_browser else time_pages(server, {
            "sweeps": ("/", "tbody tr"), "results": ("/sweeps/1", "table.scores tbody tr"),
            "curves": ("/sweeps/1", "path.line"), "compare": ("/sweeps/1/compare", "table.comparison tbody tr"),
            "confusion": ("/sweeps/1/confusion", "table.confusion"), "losses": ("/sweeps/1/losses", "path.line"),
            "hyperparameters": ("/sweeps/1/hyperparameters", "path.configuration"),
            "timeline": ("/sweeps/1/timeline", "table.attempts tbody tr"),
            "fold groups": ("/sweeps/1/timeline?rows=groups", "table.attempts tbody tr"),
            "protocol": ("/sweeps/1/audit", "table.audit tbody tr"), "trial": (f"/trials/{trial}", "path.line")}, 5)
        memory = server.memory_mib()
    finally:
        server.close()

    for one in api:
        print(f"{one['path']:74} {one['kib']:9.1f} KiB  median {one['median_ms']:8.1f} ms  p95 {one['p95_ms']:8.1f} ms")
    for one in pages:
        print(f"page {one['page']:12} median {one['median_ms']:8.0f} ms  worst {one['worst_ms']:8.0f} ms")
    print(f"memory of the server {memory:.0f} MiB")
    if arguments.json:
        arguments.json.write_text(json.dumps({"api": api, "pages": pages, "server_mib": memory}, indent=1))


if __name__ == "__main__":
    main()
