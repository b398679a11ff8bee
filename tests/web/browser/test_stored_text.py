"""Every page over a store whose every text is a script: nothing of it runs, loads, or becomes markup."""
import re
from collections import deque
from pathlib import Path

import hostile_store
import pytest
from fake_slurm import wait_until
from mer_fixtures import corpus, programs, undisturbed  # noqa: F401
from test_http_attacks import copy_of, start_serve

STATIC = Path(__file__).parents[3] / "web" / "static"
INERT = """() => [...document.querySelectorAll('*')].filter((node) =>
  ['IMG', 'IFRAME', 'OBJECT', 'EMBED', 'BASE', 'FORM', 'META', 'LINK', 'SCRIPT', 'STYLE'].includes(node.tagName) && node.closest('body') ||
  [...node.attributes].some(({name, value}) => name.startsWith('on') || /^\\s*(javascript|data|vbscript):/i.test(value)) ||
  node.matches('a[href]:not([href^="#"]), [src]:not(script)')).map((node) => node.outerHTML.slice(0, 200))"""
GO = """(path) => new Promise((done) => {
  const before = location.hash;
  location.hash = path;
  if (location.hash === before) done(); else addEventListener('hashchange', () => done(), {once: true});
})"""
TEXTS = """() => document.documentElement.textContent +
  [...document.querySelectorAll('*')].flatMap((node) => [...node.attributes].map(({value}) => value)).join(' ')"""


class Site:
    def __init__(self, name: str, trials: list[str]):
        self.url, self.trials = f"http://{name}", trials


@pytest.fixture(scope="module")
def hostile(undisturbed, tmp_path_factory):  # noqa: F811
    run = copy_of(undisturbed, tmp_path_factory.mktemp("hostile"))
    hostile_store.fill(run.store, hostile_store.SCRIPTS)
    yield Site(start_serve(run).name, [trial for (trial,) in run.query("SELECT id FROM trials ORDER BY trial")])
    run.close()


@pytest.fixture
def visit(show, hostile):
    """visit(hash) opens the page there; `show` sees to dialogs, errors and requests to elsewhere, this to the rest."""
    page = show("/", server=hostile)
    page.expose_function("violated", lambda what: page.problems.append(f"CSP: {what}"))
    page.evaluate("document.addEventListener('securitypolicyviolation', (event) => violated(event.violatedDirective))")

    def open_page(path):
        page.evaluate(GO, path)
        page.wait_for_selector("main[aria-busy=false]")
        assert page.evaluate(INERT) == [], path
        return page

    return open_page


def stir(page):
    """Opens what opens, and points at what answers to that."""
    closed = page.locator("main details:not([open]) > summary:visible")
    while closed.count() > 0:
        closed.first.click()
        page.wait_for_selector("main[aria-busy=false]")
    for mark in page.locator("main svg a").all()[:6] + page.locator("main .plot:visible").all():
        mark.hover()
    assert page.evaluate(INERT) == [], page.url


def test_markup_and_its_script_would_be_seen(visit):
    page = visit("/")
    page.evaluate("document.querySelector('main').innerHTML = '<img src=/x onerror=alert(1)>'")
    wait_until(lambda: page.evaluate("true") and "CSP: script-src-attr" in page.problems, "the violation is told")

    assert len(page.evaluate(INERT)) == 1
    page.problems.clear()


def pages_of_the_app() -> list[str]:
    """The routes' regular expressions."""
    found = re.findall(r"^  \[/\^(.*)\$/, ", (STATIC / "app.js").read_text(), re.MULTILINE)
    assert len(found) >= 8
    return [pattern.replace("\\/", "/") for pattern in found]


def test_no_page_runs_a_stored_script(visit, hostile):
    seen, text = set(), ""
    waiting = deque(["/", f"/trials/{hostile.trials[-1]}", f"/trials/{hostile.trials[0]}/representations"])
    while waiting:
        path = waiting.popleft()
        if path in seen:
            continue
        seen.add(path)
        page = visit(path)
        stir(page)
        text += page.evaluate(TEXTS)
        links = page.locator("a[href^='#/']").evaluate_all("list => list.map((node) => node.getAttribute('href').slice(1))")
        waiting.extend(link for link in links if not link.startswith("/trials/"))

    assert [route for route in pages_of_the_app() if not any(re.fullmatch(route, path) for path in seen)] == []
    shown = set(re.findall(r" ([a-z_]+\.[a-z_]+) \d+", text))
    assert {"sweeps.name", "sweeps.published", "configurations.differing", "corpora.labels", "folds.name", "trials.fold_name",
            "trials.message", "attempts.failure_message", "attempts.log_tail", "attempts.host", "attempts.device"} - shown == set()


@pytest.mark.parametrize("text", hostile_store.SCRIPTS[:4])
def test_no_script_in_the_address_runs(visit, text):
    for path in ("/{}", "/sweeps/{}", "/trials/{}", "/sweeps/1?rule={}&metric={}&curve={}&split={}", "/sweeps/1/compare?baseline={}",
                 "/sweeps/1/confusion?configuration={}", "/sweeps/1/hyperparameters?metric={}"):
        page = visit(path.replace("{}", text))
    # That the server refuses such a parameter is no error of the page.
    page.problems[:] = [problem for problem in page.problems if not re.search(r"status of 40[04]", problem)]
