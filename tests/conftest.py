"""How several processes share the tests (pytest -n N --dist loadgroup), and what they inherit."""
import signal

import pytest

# Shells and CI start what runs in the background without SIGINT; the programs under test shall get it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items):
    """One process runs a file's tests, which share fixtures; one runs all that need a Slurm: a machine has one at a time."""
    for item in items:
        group = "slurm" if item.path.parent.name == "slurm" else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
