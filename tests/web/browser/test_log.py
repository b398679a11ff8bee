"""What a trainer printed, on the trial's page."""
import json
import re
import time
import urllib.request

import pytest
from conftest import DemoServer, demo_program
from test_page import AA, api, trial_id

PART = 256 * 1024


@pytest.fixture
def printing():  # named before `show`, whose pages must be gone when the server is
    demo = DemoServer(demo_program())
    yield demo
    demo.close()


def print_line(server, text):
    server.process.stdin.write(f"print {text}\n")
    server.process.stdin.flush()


def log_bytes(server, trial, offset):
    with urllib.request.urlopen(f"{server.url}/api/v1/trials/{trial}/log?offset={offset}") as answer:
        return answer.read()


def running_trial(server):
    return next(row["id"] for row in api(server, "sweeps/2/trials")["trials"] if row["state"] == "running")


def tried_twice(server):
    trials = [api(server, f"trials/{row['id']}") for row in api(server, "sweeps/1/trials")["trials"][:12]]
    return next(trial["id"] for trial in trials if len(trial["attempts"]) == 2)


def open_log(page):
    page.get_by_text("What the trainer printed").click()
    page.wait_for_function("() => document.querySelector('pre.log').textContent.includes('attempt')")
    return page.locator("pre.log")


def choice_of(page):
    return page.locator("section:has(pre.log)").get_by_label("Attempt")


def wait_text(page, text):
    page.wait_for_function("t => document.querySelector('pre.log').textContent.includes(t)", arg=text)


def logs_asked(page):
    return [asked.split("?")[1] for asked in page.requests if "/log?" in asked]


def test_a_log_is_asked_for_when_it_is_opened(show, server):
    trial = trial_id(server, 1, 0)
    page = show(f"/trials/{trial}")
    assert logs_asked(page) == []
    log = open_log(page)
    assert log.inner_text().startswith("attempt 1\n")
    assert "log=1" in page.url
    page.get_by_text("What the trainer printed").click()
    page.wait_for_function("() => !location.hash.includes('log=') && document.querySelector('pre.log').textContent === ''")


def test_the_attempt_is_chosen_and_kept_in_the_url(show, server):
    trial = tried_twice(server)
    page = show(f"/trials/{trial}?log=1")
    wait_text(page, "attempt 1")
    choice_of(page).select_option("2")
    wait_text(page, "attempt 2")
    assert "attempt 1\n" not in page.locator("pre.log").text_content()
    assert "log=2" in page.url
    assert choice_of(page).locator("option").all_inner_texts() == ["1, failed", "2, finished"]


def test_what_was_printed_is_inert(show, server):
    page = show(f"/trials/{trial_id(server, 1, 0)}")
    title = page.title()
    log = open_log(page)
    assert log.evaluate("e => e.children.length") == 0
    text = log.text_content()
    assert "red <script>alert(5)</script><img src=x onerror=alert(6)> \ufffdreversed\ufffd\ufffd\n" in text
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert page.title() == title


def test_a_log_is_followed_while_the_attempt_runs(printing, show):
    page = show(f"/trials/{running_trial(printing)}", server=printing)
    open_log(page)
    print_line(printing, "epoch 8 of 20")
    wait_text(page, "epoch 8 of 20")
    print_line(printing, "epoch 9 of 20 – ü")
    wait_text(page, "epoch 9 of 20 – ü\n")
    assert page.locator("pre.log").text_content().count("epoch 8 of 20") == 1
    offsets = [int(asked.split("offset=")[1]) for asked in logs_asked(page)]
    assert offsets == sorted(offsets) and offsets[0] == 0 and offsets[-1] > 0
    assert "followed" in page.locator("section:has(pre.log) .note").inner_text()


def test_a_long_log_comes_in_parts_and_its_end_stays(printing, show):
    trial = trial_id(printing, 1, 0)
    before = len(log_bytes(printing, trial, 0))
    print_line(printing, "first " + "x" * (5 * PART) + " last")
    deadline = time.monotonic() + 30
    while not log_bytes(printing, trial, before):
        assert time.monotonic() < deadline, "the line was not read"
    assert len(log_bytes(printing, trial, 0)) == PART
    page = show(f"/trials/{trial}?log=1", server=printing)
    wait_text(page, " last\n")
    assert "first" not in page.locator("pre.log").text_content()
    page.wait_for_function("id => document.querySelector('#main').textContent.includes(`merctl logs ${id} has all`)", arg=trial)
    assert len(logs_asked(page)) == 7


def test_a_finished_log_is_asked_for_no_more(show, server):
    page = show(f"/trials/{trial_id(server, 1, 0)}?log=1")
    wait_text(page, "attempt 1")
    page.wait_for_timeout(500)
    page.requests.clear()
    page.wait_for_timeout(4000)
    assert logs_asked(page) == []


def test_the_way_out_ends_it(printing, show):
    page = show(f"/trials/{running_trial(printing)}?log=1", server=printing)
    wait_text(page, "attempt 1")
    page.evaluate("location.hash = '#/'")
    page.wait_for_selector("h1:has-text('Sweeps')")
    page.wait_for_timeout(1200)
    page.requests.clear()
    page.wait_for_timeout(2500)
    assert logs_asked(page) == []


def test_what_is_gone_says_so(show, server):
    page = show(f"/trials/{trial_id(server, 1, 0)}")
    page.route("**/log?*", lambda route: route.fulfill(
        status=404, content_type="application/json",
        body=json.dumps({"schema": 1, "error": {"code": "not_found", "message": "its log is gone <b>"}})))
    page.get_by_text("What the trainer printed").click()
    page.wait_for_selector("text=its log is gone <b>")
    page.problems.clear()  # the browser logs the 404


def test_a_trial_that_never_ran_has_none(show, server):
    page = show(f"/trials/{trial_id(server, 3, 0)}")
    assert page.locator("pre.log").count() == 0
    assert "No attempt has begun." in page.locator("section[aria-labelledby=log-title]").inner_text()


CASES = [
    (["a\x1b[1;31mb\x1b[0mc\n"], "abc\n"),
    (["a\x1b", "[3", "1mb"], "ab"),
    (["a\x1b]0;ti", "tle\x07b\x1b]8;;x\x1b", "\\c"], "abc"),
    (["10 %\r20 %\r\n", "30 %\r", "\n40 %\r", "50 %"], "10 %\n20 %\n30 %\n40 %\n50 %"),
    (["a\tb\x00\x07\x9b\u202e\u2066c"], "a\tb\ufffd\ufffd\ufffd\ufffd\ufffdc"),
    (["a\x1b(Bb\x1bMc\x1b7d"], "abcd"),
    (["\x1b]" + "y" * 600, "z"], "\ufffd]" + "y" * 600 + "z"),
]


@pytest.mark.parametrize("parts, text", CASES)
def test_terminal_output_becomes_plain_text(show, parts, text):
    page = show("/")
    got = page.evaluate("""async (parts) => {
      const {PlainText} = await import('/plain_text.js');
      const plain = new PlainText();
      return parts.map((part) => plain.take(new TextEncoder().encode(part))).join('');
    }""", parts)
    assert got == text


def test_characters_may_be_cut_between_parts(show):
    got = show("/").evaluate("""async () => {
      const {PlainText} = await import('/plain_text.js');
      const plain = new PlainText();
      const bytes = new TextEncoder().encode('ü€😀');
      return [...bytes].map((one) => plain.take(new Uint8Array([one]))).join('') + plain.take(new Uint8Array([255, 10]));
    }""")
    assert got == "ü€😀\ufffd\n"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_no_accessibility_violations(show, server, axe, scheme, width):
    page = show(f"/trials/{tried_twice(server)}?log=2", scheme=scheme, width=width)
    wait_text(page, "attempt 2")
    results = axe.run(page, options=AA)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
