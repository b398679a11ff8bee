"""The dashboard as `run` and `serve` bring it up."""
import json
import re
import urllib.request

from fake_slurm import wait_until
from mer_run import TRIALS, sweep_of


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.headers, answer.read().decode()


def address_in(log):
    found = re.search(r"http://127\.0\.0\.1:\d+/", log.read_text() if log.exists() else "")
    return found and found[0]


def test_run_serves_the_sweep_while_it_trains(mer, corpus):
    merctl = mer.start("run", mer.write_sweep(sweep_of(corpus)), "--workers", 2)
    wait_until(lambda: address_in(mer.log) and mer.epoch_rows() > 0, "the first rows")

    headers, page = fetch(address_in(mer.log))
    sweeps = json.loads(fetch(address_in(mer.log) + "api/v1/sweeps")[1])["sweeps"]

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "<title>mer" in page
    assert sweeps[0]["name"] == "tiny"
    assert sweeps[0]["counts"]["done"] < TRIALS
    assert merctl.wait(120) == 0


def test_serve_shows_the_store_afterwards(undisturbed):
    server = undisturbed.start("serve")
    wait_until(lambda: address_in(undisturbed.log), "the address")

    sweeps = json.loads(fetch(address_in(undisturbed.log) + "api/v1/sweeps")[1])["sweeps"]

    assert sweeps[0]["counts"]["done"] == TRIALS
    server.terminate()
    assert server.wait(10) == 0
