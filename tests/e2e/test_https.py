"""A coordinator on an address of the network: HTTPS, a token for reads too, merctl from anywhere on the store."""
import json
import os
import signal
import ssl
import urllib.error
import urllib.request

import pytest
from fake_slurm import wait_until
from mer_run import address_of_this_machine, sweep_of


@pytest.fixture
def endpoint(mer, corpus):
    """Of a run that goes on until it is stopped."""
    address = address_of_this_machine()
    if address is None:
        pytest.skip("this machine has no address but its own loopback")
    mer.environment["MER_WEB_ADDRESS"] = address
    long = sweep_of(corpus, train={"epochs": 100000, "learning_rate": 1e-4})
    merctl = mer.start("run", mer.write_sweep(long), "--workers", 1)
    wait_until(mer.epoch_rows, "the run trains")
    yield json.loads((mer.store / "endpoint.json").read_text())
    if merctl.poll() is None:
        os.killpg(merctl.pid, signal.SIGINT)
        merctl.wait(60)


def get(endpoint: dict, context: ssl.SSLContext, token: str = "") -> int:
    request = urllib.request.Request(f"https://{endpoint['address']}:{endpoint['port']}/api/v1/sweeps",
                                     headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_reads_need_the_certificate_and_the_token_and_merctl_has_both(mer, endpoint):
    trusting = ssl.create_default_context(cadata=endpoint["certificate"])

    assert get(endpoint, trusting) == 401
    assert get(endpoint, trusting, "wrong") == 401
    assert get(endpoint, trusting, endpoint["token"]) == 200
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        get(endpoint, ssl.create_default_context(), endpoint["token"])

    said = mer.run("status").stdout
    assert f"https://{endpoint['address']}:{endpoint['port']}/" in said
    assert endpoint["fingerprint"][:47] in said
    assert mer.run("priority", "1", "5").returncode == 0


def test_a_killed_coordinators_address_is_not_shown(mer, endpoint):
    assert endpoint["address"] in mer.run("status").stdout

    mer.kill(None)
    wait_until(lambda: not mer.processes(), "all are gone")

    assert (mer.store / "endpoint.json").exists()
    assert endpoint["address"] not in mer.run("status").stdout
