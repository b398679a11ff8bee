import os
import re
import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright


class DemoServer:
    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("port "), f"{program} did not start: {line!r}"
        self.url = f"http://127.0.0.1:{int(line.split()[1])}"

    def advance(self):
        self.process.stdin.write("advance\n")
        self.process.stdin.flush()

    def close(self):
        if self.process.poll() is not None:
            return
        self.process.stdin.close()
        assert self.process.wait(20) == 0


def demo_program():
    binaries = Path(os.environ.get("MER_BIN", Path(__file__).parents[3] / "build/debug/bin"))
    program = binaries.parent / "tests/demo_server"
    if not program.exists():
        pytest.fail(f"{program} is missing: build the target demo_server, or set MER_BIN to that build's bin folder")
    return str(program)


@pytest.fixture(scope="session")
def server():
    demo = DemoServer(demo_program())
    yield demo
    demo.close()


@pytest.fixture(scope="session")
def guarded_server():
    demo = DemoServer(demo_program(), "demo-token")
    yield demo
    demo.close()


@pytest.fixture
def start_server():
    """start_server(token, token of controls, port) begins one of the test's own."""
    servers = []

    def start(*arguments):
        servers.append(DemoServer(demo_program(), *arguments))
        return servers[-1]

    yield start
    for one in servers:
        one.close()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ.get("MER_CHROMIUM", "/usr/bin/chromium"),
                                              args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe():
    return Axe()


@pytest.fixture(scope="session")
def contrasts():
    """WCAG 1.4.11, which axe does not check: how these custom properties' colours stand out from the surface."""
    def measure(page, names):
        return page.evaluate("""(names) => {
          const canvas = document.createElement('canvas').getContext('2d');
          const luminance = (colour) => {
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255)
              .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const style = getComputedStyle(document.documentElement);
          const value = (name) => luminance(style.getPropertyValue(`--${name}`).trim());
          const surface = value('surface');
          return names.map(value).map((one) => (Math.max(one, surface) + 0.05) / (Math.min(one, surface) + 0.05));
        }""", names)
    return measure


@pytest.fixture
def show(request, browser, server):
    """show(hash) opens the page there. At the end: no console error, no dialog, no request to another host."""
    pages = []

    def open_page(path, scheme="light", width=1280, ready="main > *", server=server, prepare=None):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        if prepare:
            prepare(context)
        page = context.new_page()
        page.problems, page.dialogs, page.requests = [], [], []
        page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("dialog", lambda dialog: (page.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda asked: page.requests.append(asked.url))
        pages.append((page, server.url))
        page.goto(f"{server.url}/#{path}")
        page.wait_for_selector(ready)
        page.wait_for_selector("main[aria-busy=false]")
        return page

    yield open_page
    shots = os.environ.get("MER_SHOTS")
    for number, (page, url) in enumerate(pages):
        if shots:
            name = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name)
            page.screenshot(path=f"{shots}/{name}-{number}.png", full_page=True)
        page.context.close()
        assert page.problems == []
        assert page.dialogs == []
        assert [asked for asked in page.requests if not asked.startswith((url, f"blob:{url}/"))] == []
