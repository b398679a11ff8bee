"""Fixtures of tests with the real programs. MER_BIN names their folder; default: build/debug/bin."""
import shutil

import mer_run
import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


@pytest.fixture(scope="session")
def programs():
    missing = [name for name in ("merctl", "mer-coordinator", "mer-gateway", "mer-worker", "mer-trainer",
                                    "mer-extractor")
               if not (mer_run.BIN / name).exists()]
    assert not missing, f"{missing} not in {mer_run.BIN}: build them, or set MER_BIN to their folder"


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    return mer_run.write_corpus(tmp_path_factory.mktemp("corpus") / "tiny")


@pytest.fixture
def mer(request, tmp_path, programs):
    """merctl on an empty store. The store and the log stay when the test fails, and the log is printed."""
    run = mer_run.Mer(tmp_path)
    yield run
    run.close()
    report = getattr(request.node, "report_call", None)
    if report is not None and report.failed:
        print(f"\n--- {run.log}\n{run.log.read_text()[-6000:] if run.log.exists() else 'no log'}")
    else:
        shutil.rmtree(run.store, ignore_errors=True)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory, corpus, programs):
    """What the tiny sweep ends with when nothing happens to it."""
    run = mer_run.Mer(tmp_path_factory.mktemp("undisturbed"))
    ended = run.run("run", run.write_sweep(mer_run.sweep_of(corpus)), "--workers", 2, "--no-web")
    assert ended.returncode == 0, ended.stderr
    return run
