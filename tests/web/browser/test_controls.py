"""What the holder of the token may do in the page, against fake controls that change the demo store."""
import json

import pytest
from conftest import DemoServer, demo_program
from test_page import AA, api, hash_of, trial_id

TOKEN = "control-token"


@pytest.fixture
def controlled():  # named before `show`, whose pages must be gone when the server is
    demo = DemoServer(demo_program(), "", TOKEN)
    yield demo
    demo.close()


def button(page, verb):
    return page.locator(f"[data-key='control {verb}']")


def give_token(page, token=TOKEN):
    page.get_by_role("button", name="Enter token").click()
    page.locator("#control-token").fill(token)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")


def open_with_token(show, server, path):
    page = show(path, server=server)
    give_token(page)
    return page


def wait_said(page, text):
    page.wait_for_function("t => document.querySelector('.control-bar .said').textContent.includes(t)", arg=text)


def sweep_of(server, number):
    return api(server, f"sweeps/{number}")


def test_a_read_only_server_says_so_and_asks_nothing(show, server):
    for view in ["running sweep", "trial"]:
        page = show(hash_of(server, view))
        assert "read-only" in page.locator(".control-bar .note").inner_text()
        assert page.locator("[data-key='control token']").is_hidden()
        for one in page.locator(".control-bar .controls button:visible").all():
            assert one.get_attribute("aria-disabled") == "true"
            one.click(force=True)
        assert "read-only" in page.locator(".control-bar .said").inner_text()
        assert not [asked for asked in page.requests if "control/" in asked]


def test_without_the_token_nothing_is_asked(controlled, show):
    page = show("/sweeps/2", server=controlled)
    assert "token" in page.locator(".control-bar .note").inner_text()
    button(page, "pause").click(force=True)
    wait_said(page, "token of endpoint.json")
    assert not [asked for asked in page.requests if "control/" in asked]
    assert page.get_by_label("Priority").is_disabled()


def test_the_token_stands_in_no_url_and_stays_for_the_tab(controlled, show):
    page = open_with_token(show, controlled, "/sweeps/2")
    button(page, "pause").click()
    wait_said(page, "Paused")
    page.reload()
    page.wait_for_selector(".control-bar")
    assert page.locator("[data-key='control token']").is_hidden()
    assert [asked for asked in page.requests + [page.url] if TOKEN in asked] == []


def test_a_refused_token_is_forgotten_and_asked_for_again(controlled, show):
    page = show("/sweeps/2", server=controlled)
    give_token(page, "of an earlier run")
    button(page, "pause").click()
    wait_said(page, "refused")
    assert sweep_of(controlled, 2)["activity"] == "active"
    assert page.get_by_role("button", name="Enter token").evaluate("e => e === document.activeElement")
    give_token(page)
    button(page, "pause").click()
    wait_said(page, "Paused")
    page.problems.clear()  # the browser logs the 401


def test_a_sweep_is_paused_and_resumed(controlled, show):
    page = open_with_token(show, controlled, "/sweeps/2")
    assert button(page, "resume").get_attribute("aria-disabled") == "true"
    button(page, "pause").click()
    wait_said(page, "Paused")
    assert sweep_of(controlled, 2)["activity"] == "paused"
    page.wait_for_selector("[data-key='control resume'][aria-disabled=false]")
    assert button(page, "pause").get_attribute("title") == "The sweep is paused."
    assert page.locator(".sweep-head .badge").inner_text() == "paused"
    button(page, "resume").click()
    wait_said(page, "Resumed")
    assert sweep_of(controlled, 2)["activity"] == "active"


def test_cancel_is_confirmed_and_retry_takes_it_back(controlled, show):
    page = open_with_token(show, controlled, "/sweeps/2")
    before = sweep_of(controlled, 2)["counts"]
    button(page, "cancel").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    assert "Cancel modalities?" in dialog.inner_text()
    assert f"{before['pending'] + before['running']} trials" in dialog.inner_text()
    assert dialog.get_by_text("Keep it").evaluate("e => e === document.activeElement")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert button(page, "cancel").evaluate("e => e === document.activeElement")
    assert sweep_of(controlled, 2)["counts"] == before

    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel the sweep").click()
    wait_said(page, f"Cancelled, and {before['pending'] + before['running']} trials")
    assert sweep_of(controlled, 2)["activity"] == "cancelled"
    page.wait_for_selector("[data-key='control retry'][aria-disabled=false]")
    button(page, "retry").click()
    wait_said(page, "wait again")
    assert sweep_of(controlled, 2)["counts"]["pending"] == before["pending"] + before["running"]


def test_a_question_ends_when_the_page_is_left(controlled, show):
    page = open_with_token(show, controlled, "/sweeps/2")
    button(page, "cancel").click()
    page.evaluate("location.hash = '#/sweeps/1'")
    page.wait_for_selector("dialog", state="detached")
    assert sweep_of(controlled, 2)["activity"] == "active"


def test_the_priority_is_set_by_keyboard_and_its_bounds_hold(controlled, show):
    page = open_with_token(show, controlled, "/sweeps/2")
    page.get_by_label("Priority").fill("7")
    page.keyboard.press("Enter")
    wait_said(page, "The priority is 7")
    assert sweep_of(controlled, 2)["priority"] == 7
    page.get_by_label("Priority").fill("1000001")
    page.keyboard.press("Enter")
    page.get_by_label("Priority").fill("")
    page.keyboard.press("Enter")
    page.get_by_label("Priority").fill("-3")
    page.keyboard.press("Enter")
    wait_said(page, "The priority is -3")
    assert [asked.split("priority=")[1] for asked in page.requests if "priority=" in asked] == ["7", "-3"]


def test_a_trial_is_cancelled_and_retried(controlled, show):
    trial = next(row["id"] for row in api(controlled, "sweeps/2/trials")["trials"] if row["state"] == "running")
    page = open_with_token(show, controlled, f"/trials/{trial}")
    assert button(page, "retry").get_attribute("title") == "The trial is running."
    button(page, "cancel").click()
    page.get_by_role("button", name="Cancel the trial").click()
    wait_said(page, "Cancelled.")
    page.wait_for_selector(".badge.cancelled")
    button(page, "retry").click()
    wait_said(page, "It waits again.")
    assert api(controlled, f"trials/{trial}")["state"] == "pending"


def test_a_done_trial_has_nothing_to_ask(controlled, show):
    page = open_with_token(show, controlled, f"/trials/{trial_id(controlled, 1, 0)}")
    for verb in ["cancel", "retry"]:
        button(page, verb).click(force=True)
        assert page.locator(".control-bar .said").inner_text() == "The trial is done."
    assert not [asked for asked in page.requests if "control/" in asked]


def test_an_error_of_the_coordinator_is_said(controlled, show):
    page = open_with_token(show, controlled, "/sweeps/2")
    page.route("**/api/v1/control/**", lambda route: route.fulfill(
        status=503, content_type="application/json",
        body=json.dumps({"schema": 1, "error": {"code": "unavailable", "message": "no answer <b>in time</b>"}})))
    button(page, "pause").click()
    wait_said(page, "no answer <b>in time</b>")
    page.problems.clear()  # the browser logs the 503


def test_what_happened_is_announced(controlled, show):
    page = open_with_token(show, controlled, "/sweeps/2")
    said = page.locator(".control-bar [role=status]")
    assert said.count() == 1
    button(page, "pause").click()
    wait_said(page, "Paused")
    assert "Paused" in said.inner_text()
    assert page.get_by_role("group", name="Controls of the sweep").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/sweeps/2", "trial"])
def test_no_accessibility_violations(controlled, show, axe, path, scheme):
    trial = next(row["id"] for row in api(controlled, "sweeps/2/trials")["trials"] if row["state"] == "running")
    page = show(f"/trials/{trial}" if path == "trial" else path, scheme=scheme, server=controlled)
    page.get_by_role("button", name="Enter token").click()
    for _ in range(2):
        results = axe.run(page, options=AA)
        assert results.violations_count == 0, results.generate_report()
        page.keyboard.press("Escape")
    give_token(page)
    button(page, "cancel").click()
    results = axe.run(page, options=AA)
    assert results.violations_count == 0, results.generate_report()
    page.keyboard.press("Escape")


@pytest.mark.parametrize("path", ["/sweeps/2", "trial"])
def test_fits_a_phone(controlled, show, path):
    path = f"/trials/{trial_id(controlled, 2, 0)}" if path == "trial" else path
    page = show(path, width=400, server=controlled)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.get_by_role("button", name="Enter token").click()
    box = page.get_by_role("dialog").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 400
