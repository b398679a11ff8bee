#!/usr/bin/env python3
"""The dashboards of Optuna and MLflow on as many runs as bench/dashboard.py has: an answer, the first page, memory.

    bench/dashboard_peers.py FOLDER [--runs 12000] [--epochs 150] [--rounds 3] [--patience 600]

FOLDER keeps the peers' databases and their Python environment. Each run has one metric by epoch (mer's have 20), three
hyperparameters and a final score.
"""
import argparse
import re
import statistics
import subprocess
import time
import urllib.request
from pathlib import Path

from dashboard import launch_browser, percentile
from peers import environment

HERE = Path(__file__).resolve().parent
PORT = 18210
JSON = {"Content-Type": "application/json"}

# Name: (script that fills the database, command of the server, its first 50 runs or what it has instead, the page of the
# runs and what is there when they are).
PEERS = {
    "optuna-dashboard": ("dashboard_optuna.py", ["{bin}/optuna-dashboard", "sqlite:///{database}", "--port", "{port}"],
                         ("/api/studies/1", None), ("/dashboard/studies/1/trialTable", "tbody tr")),
    "mlflow": ("dashboard_mlflow.py", ["{bin}/mlflow", "server", "--backend-store-uri", "sqlite:///{database}", "--port", "{port}"],
               ("/api/2.0/mlflow/runs/search", b'{"experiment_ids":["1"],"max_results":50}'),
               ("/#/experiments/1/runs", "a:has-text('run ')")),
}


def seconds_of(ask) -> float:
    begin = time.perf_counter()
    ask()
    return time.perf_counter() - begin


def answer(path: str, body: bytes | None, patience: float) -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", body, JSON if body else {})
    return urllib.request.urlopen(request, timeout=patience).read()


def wait_for(path: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5)
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{path} does not answer")


def tree_mib(pid: int) -> float:
    """Of a process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    resident = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024
    return resident + sum(tree_mib(int(child)) for child in children)


def page_seconds(path: str, ready: str, rounds: int, patience: float) -> list[float]:
    """Until the first runs can be read; infinite where they cannot in time."""
    from playwright.sync_api import TimeoutError as TookTooLong
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        for _ in range(rounds):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            begin = time.perf_counter()
            page.goto(f"http://127.0.0.1:{PORT}{path}")
            try:
                page.wait_for_selector(ready, timeout=1000 * patience)
                found.append(time.perf_counter() - begin)
            except TookTooLong:
                found.append(float("inf"))
                break  # it would not be otherwise again
            finally:
                context.close()
        browser.close()
    return found


def measure(name: str, python: Path, folder: Path, arguments) -> None:
    script, command, (path, body), (page, ready) = PEERS[name]
    database = folder / f"{name}.db"
    if not database.exists():
        subprocess.run([python, HERE / "peers" / script, database, str(arguments.runs), str(arguments.epochs)], check=True)
    words = {"bin": python.parent, "database": database, "port": PORT}
    with open(folder / f"{name}.log", "w") as log:
        server = subprocess.Popen([word.format(**words) for word in command], stdout=log, stderr=log, cwd=folder)
    try:
        wait_for(name)
        size = len(answer(path, body, arguments.patience))
        asked = [seconds_of(lambda: answer(path, body, arguments.patience)) for _ in range(arguments.rounds)]
        painted = page_seconds(page, ready, arguments.rounds, arguments.patience)
        print(f"{name:17} answer {size / 1024:9.1f} KiB  median {statistics.median(asked):8.3f} s  p95 {percentile(asked, 0.95):8.3f} s"
              f"  page median {statistics.median(painted):7.2f} s  worst {max(painted):7.2f} s  server {tree_mib(server.pid):6.0f} MiB",
              flush=True)
    finally:
        server.terminate()
        server.wait(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=12_000)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--patience", type=float, default=600)
    parser.add_argument("--peers", nargs="+", choices=sorted(PEERS), default=sorted(PEERS))
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    python = environment.make(folder / "venv", HERE / "peers" / "dashboard_requirements.txt")
    for name in arguments.peers:
        measure(name, python, folder, arguments)


if __name__ == "__main__":
    main()
