"""Notes and tags in the page: read by all, written by the holder of the token, and found again."""
import pytest
from test_controls import TOKEN, controlled, open_with_token  # noqa: F401
from test_page import AA, api, trial_id

HOSTILE = "<img src=x onerror=alert(1)>\n  <b>two</b> & lines"


def wait_written(page, text):
    page.wait_for_function("t => document.querySelector('.annotation .said').textContent.includes(t)", arg=text)
    page.wait_for_selector("main[aria-busy=false]")


def write_note(page, text):
    page.locator("[data-key='edit note']").click()
    page.locator("[data-key='note']").fill(text)
    page.get_by_role("button", name="Save note").click()


def add_tags(page, words):
    page.get_by_label("New tags").fill(words)
    page.keyboard.press("Enter")


def path_of(server, subject):
    return "/sweeps/2" if subject == "sweep" else f"/trials/{trial_id(server, 2, 0)}"


def annotation_of(server, path):
    answer = api(server, path.lstrip("/"))
    return answer["note"], answer["tags"]


@pytest.mark.parametrize("subject", ["sweep", "trial"])
def test_a_note_is_written_changed_and_removed(controlled, show, subject):
    path = path_of(controlled, subject)
    page = open_with_token(show, controlled, path)
    write_note(page, HOSTILE)
    wait_written(page, "The note is saved.")
    assert annotation_of(controlled, path)[0] == HOSTILE
    page.wait_for_selector(".written:visible")
    assert page.locator(".written").inner_text() == HOSTILE
    assert page.locator("[data-key='edit note']").evaluate("e => e === document.activeElement")

    page.keyboard.press("Enter")
    assert page.locator("[data-key='note']").input_value() == HOSTILE
    assert page.locator("[data-key='note']").evaluate("e => e === document.activeElement")
    page.keyboard.press("Escape")
    assert page.locator("[data-key='note']").is_hidden()
    assert annotation_of(controlled, path)[0] == HOSTILE

    write_note(page, "")
    wait_written(page, "The note is removed.")
    assert annotation_of(controlled, path)[0] == ""
    page.wait_for_selector(".written", state="hidden")


@pytest.mark.parametrize("subject", ["sweep", "trial"])
def test_tags_are_given_and_removed(controlled, show, subject):
    path = path_of(controlled, subject)
    page = open_with_token(show, controlled, path)
    add_tags(page, "paper, odd")
    wait_written(page, "Tagged.")
    page.wait_for_selector(".annotation .tag >> nth=1")
    assert page.locator(".annotation .tag").all_inner_texts() == ["odd", "paper"]
    assert page.get_by_label("New tags").input_value() == ""
    page.get_by_role("button", name="Remove tag odd").click()
    wait_written(page, "The tag odd is removed.")
    page.wait_for_selector("[data-key='tag odd']", state="detached")
    assert annotation_of(controlled, path)[1] == ["paper"]


def test_what_is_not_kept_is_said_and_stays_to_be_mended(controlled, show):
    page = open_with_token(show, controlled, "/sweeps/2")
    add_tags(page, "<b>")
    wait_written(page, "expected at most 32 letters")
    assert page.get_by_label("New tags").input_value() == "<b>"
    page.locator("[data-key='edit note']").click()
    page.locator("[data-key='note']").fill("é" * 1001)
    assert page.locator("#note-room").inner_text() == "2 bytes too long"
    page.get_by_role("button", name="Save note").click()
    assert annotation_of(controlled, "/sweeps/2") == ("", [])
    page.locator("[data-key='note']").fill("é" * 1000)
    page.get_by_role("button", name="Save note").click()
    wait_written(page, "The note is saved.")
    assert annotation_of(controlled, "/sweeps/2")[0] == "é" * 1000
    page.problems.clear()  # the browser logs the 400


def test_what_is_being_typed_outlives_an_update(controlled, show):
    page = open_with_token(show, controlled, "/sweeps/2")
    page.locator("[data-key='edit note']").click()
    page.keyboard.type("half a")
    epoch = page.locator(".trials").inner_text()
    controlled.advance()
    page.wait_for_function("before => document.querySelector('.trials').innerText !== before", arg=epoch)
    page.keyboard.type(" note")
    assert page.locator("[data-key='note']").input_value() == "half a note"


def test_another_page_shows_it_at_once(controlled, show):
    other = show("/sweeps/2", server=controlled)
    assert other.locator(".annotation").is_hidden()
    page = open_with_token(show, controlled, "/sweeps/2")
    write_note(page, "seen")
    other.wait_for_function("() => document.querySelector('.written').textContent === 'seen'")
    assert other.locator(".annotation button:visible, .annotation input:visible").count() == 0


def test_sweeps_are_found_by_a_tag(controlled, show):
    page = open_with_token(show, controlled, "/sweeps/2")
    add_tags(page, "paper")
    wait_written(page, "Tagged.")
    page.goto(f"{controlled.url}/#/")
    page.locator("a.tag", has_text="paper").click()
    page.wait_for_function("() => document.querySelectorAll('tbody tr').length === 1")
    assert page.url.endswith("#/?tag=paper")
    assert "modalities" in page.locator("tbody").inner_text()
    page.reload()
    page.wait_for_function("() => document.querySelectorAll('tbody tr').length === 1")
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("() => document.querySelectorAll('tbody tr').length === 5")
    assert page.url.endswith("#/")


def test_trials_are_found_by_a_tag(controlled, show):
    trial = trial_id(controlled, 4, 1, fold=2)
    page = open_with_token(show, controlled, f"/trials/{trial}")
    add_tags(page, "odd")
    wait_written(page, "Tagged.")
    page.goto(f"{controlled.url}/#/sweeps/4")
    page.locator(".trials a.tag", has_text="odd").click()
    page.wait_for_function("() => document.querySelectorAll('.trials tbody tr').length === 1")
    assert trial[:8] in page.locator(".trials tbody").inner_text()
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("() => document.querySelectorAll('.trials tbody tr').length > 1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("view", ["sweeps", "sweep", "trial"])
def test_it_is_accessible_and_fits(controlled, show, axe, view, width, scheme):
    for subject in ["sweep", "trial"]:
        page = open_with_token(show, controlled, path_of(controlled, subject))
        write_note(page, "Alpha is too high: rerun with 0.1.\n" + "a" * 200)
        wait_written(page, "The note is saved.")
        add_tags(page, "paper baseline " + "w" * 32)
        wait_written(page, "Tagged.")
    page = show("/?tag=paper" if view == "sweeps" else path_of(controlled, view), scheme=scheme, width=width, server=controlled)
    if view != "sweeps":
        page.evaluate("token => sessionStorage.setItem('mer-token', token)", TOKEN)
        page.reload()
        page.locator("[data-key='edit note']").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    results = axe.run(page, options=AA)
    assert results.violations_count == 0, results.generate_report()
