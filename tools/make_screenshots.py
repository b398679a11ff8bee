#!/usr/bin/env python3
"""Takes the README's pictures of the dashboard, of a store that holds these two sweeps, finished.

    merctl --store STORE run configs/iemocap.json --set corpus.path=FOLDER
    merctl --store STORE run configs/quickstart.json --set 'grid={"model.modalities": [["audio"], ["text"], ["audio", "text"]]}'
    tools/make_screenshots.py STORE [--bin build/release/bin] [--to docs/img]

Needs what tests/web/browser needs.
"""
import argparse
import json
import os
import re
import subprocess
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

LARGEST = 200_000  # bytes of a picture: the repository keeps every version
WIDTH = 1180
# name: sweep, page, what has to be there, what is shown of it (None: what fits the window)
PICTURES = {"dashboard.png": ("iemocap", "", "path.line", None),
            "results.png": ("quickstart", "", "path.line", "[aria-labelledby=results-title]"),
            "compare.png": ("quickstart", "/compare?baseline=3", "svg.paired", "[aria-labelledby=compare-title]")}


def serve(programs: Path, store: Path) -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen([programs / "merctl", "--store", store, "serve", "--port", "0"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return process, found[0]
    raise SystemExit("merctl serve did not say its address")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--bin", type=Path, default=Path("build/release/bin"))
    parser.add_argument("--to", type=Path, default=Path("docs/img"))
    arguments = parser.parse_args()
    server, url = serve(arguments.bin.resolve(), arguments.store.resolve())
    try:
        with urllib.request.urlopen(f"{url}/api/v1/sweeps") as answer:
            numbers = {sweep["name"]: sweep["id"] for sweep in json.load(answer)["sweeps"]}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=os.environ.get("MER_CHROMIUM", "/usr/bin/chromium"),
                                                 args=["--no-sandbox", "--disable-gpu"])
            for name, (sweep, path, ready, shown) in PICTURES.items():
                page = browser.new_page(viewport={"width": WIDTH, "height": 1400}, color_scheme="light")
                page.goto(f"{url}/#/sweeps/{numbers[sweep]}{path}")
                page.wait_for_selector(ready)
                (page.locator(shown) if shown else page).screenshot(path=arguments.to / name)
                size = (arguments.to / name).stat().st_size
                if size > LARGEST:
                    raise SystemExit(f"{name}: {size} bytes, more than {LARGEST}: show less")
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    main()
