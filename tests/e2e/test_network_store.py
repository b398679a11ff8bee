"""A store on a network file system: its database is read through the process that has its lock."""
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from fake_slurm import wait_until
from mer_run import TRIALS, address_of_this_machine, sweep_of


@pytest.fixture
def network_mer(mer):
    """merctl on a store that its programs take to be on NFS."""
    library = mer.folder / "network_file_system.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, Path(__file__).parent / "network_file_system.c", "-ldl"],
                   check=True)
    mer.environment |= {"LD_PRELOAD": str(library), "MER_TEST_NETWORK": str(mer.store),
                        "ASAN_OPTIONS": mer.environment["ASAN_OPTIONS"] + ":verify_asan_link_order=0"}
    return mer


@pytest.fixture(params=["http", "https"])
def attended(request, network_mer, corpus):
    """Sweep 1 is done, and a coordinator trains sweep 2 until it is stopped."""
    mer = network_mer
    mer.sweep_file = mer.write_sweep(sweep_of(corpus))
    assert mer.run("run", mer.sweep_file, "--workers", 2).returncode == 0
    if request.param == "https":
        address = address_of_this_machine()
        if address is None:
            pytest.skip("this machine has no address but its own loopback")
        mer.environment["MER_WEB_ADDRESS"] = address
    long = sweep_of(corpus, name="long", train={"epochs": 100000, "learning_rate": 1e-4})
    merctl = mer.start("run", mer.write_sweep(long, "long.json"), "--workers", 1)
    wait_until((mer.store / "endpoint.json").exists, "a coordinator has the store")
    yield mer, merctl
    stop(merctl)


def stop(merctl):
    if merctl.poll() is None:
        os.killpg(merctl.pid, signal.SIGINT)
        merctl.wait(60)


def answers(mer, trial):
    """What each reading command says of sweep 1, and its exit code."""
    commands = [["status", "1", "--format", "json"], ["results", "1"], ["results", "1", "--format", "json"],
                *(["export", "1", "--table", table] for table in ("trials", "metrics", "predictions", "resolved")),
                ["show", trial], ["explain", trial], ["complete", "1"], ["wait", "1"], ["plan", mer.sweep_file],
                ["results", "tyni"], ["show", "0000"]]
    runs = {" ".join(map(str, command)): mer.run(*command) for command in commands}
    return {command: (run.returncode, run.stdout, run.stderr) for command, run in runs.items()}


def test_what_reads_a_store_says_the_same_through_the_coordinator(attended):
    mer, merctl = attended
    trial = json.loads(mer.run("export", "1", "--table", "trials", "--format", "json").stdout)["rows"][0]["trial"]

    through_the_coordinator = answers(mer, trial)
    assert merctl.poll() is None
    stop(merctl)

    assert through_the_coordinator == answers(mer, trial)
    assert through_the_coordinator["complete 1"][0] == 0
    assert "tiny" in through_the_coordinator["results tyni"][2]
    assert list((mer.store / "submissions").iterdir()) == []


def test_serve_says_where_the_coordinators_dashboard_is(attended):
    mer, _ = attended
    endpoint = json.loads((mer.store / "endpoint.json").read_text())

    served = mer.run("serve")

    assert served.returncode != 0
    assert f"{endpoint['address']}:{endpoint['port']}/" in served.stderr


def test_a_sweep_is_waited_for_through_the_coordinator(network_mer, corpus):
    mer = network_mer
    run = mer.start("run", mer.write_sweep(sweep_of(corpus)), "--workers", 1)
    wait_until((mer.store / "endpoint.json").exists, "a coordinator has the store")

    waited = mer.run("wait", "tiny")

    assert waited.returncode == 0
    assert f"{TRIALS} done" in waited.stdout + waited.stderr
    assert run.wait(120) == 0
