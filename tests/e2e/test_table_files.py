"""The tables that the server gives as files are byte for byte what merctl prints."""
import copy
import subprocess
import urllib.request

import mer_run
import pytest
from fake_slurm import wait_until
from test_web import address_in

ENDINGS = {"csv": "csv", "latex": "tex", "md": "md"}
# The query of the address, and the options of merctl results.
SELECTION = ("rule=best-test&metric=wa", ["--select", "best-test", "--metric", "wa"])
TABLES = {
    "results": [("", []), SELECTION],
    "comparison": [("baseline=2", ["--baseline", "2"]),
                   (f"baseline=1&{SELECTION[0]}", ["--baseline", "1", *SELECTION[1]])],
    "utterances": [("", ["--utterances"]), ("baseline=1", ["--utterances", "--baseline", "1"])],
    "audit": [("", ["--audit"]), ("metric=ua", ["--audit", "--metric", "ua"])],
}


@pytest.fixture(scope="module")
def address(undisturbed, tmp_path_factory):
    run = copy.copy(undisturbed)
    run.log = tmp_path_factory.mktemp("files") / "merctl.log"
    server = run.start("serve", "--port", 0)
    wait_until(lambda: address_in(run.log), "the address")
    yield address_in(run.log)
    server.terminate()
    assert server.wait(10) == 0


def printed(run, *arguments):
    """The bytes, as text would lose the ends of its lines."""
    return subprocess.run([mer_run.BIN / "merctl", "--store", run.store, *arguments], env=run.environment,
                          capture_output=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("form", ENDINGS)
@pytest.mark.parametrize("table", TABLES)
def test_a_file_is_what_merctl_prints(undisturbed, address, table, form):
    for query, options in TABLES[table]:
        with urllib.request.urlopen(f"{address}api/v1/sweeps/1/{table}.{ENDINGS[form]}?{query}") as answer:
            body = answer.read()
        expected = printed(undisturbed, "results", "1", *options, "--format", form)
        assert body == expected and len(body) > 50, query
