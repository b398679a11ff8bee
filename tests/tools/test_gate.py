"""The gate's own rules: each breach is found, and a runner that ran nothing counts as a failure."""
import json
import re
from pathlib import Path

import check_structure
import pytest
import summarise_tests
from check_structure import ROOT


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Writes files of a small project and makes it the one that is checked."""
    monkeypatch.setattr(check_structure, "ROOT", tmp_path)

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return Path(name)

    return write


@pytest.mark.parametrize("user, header, allowed", [
    ("data/fold.cpp", "core/ids.hpp", True),
    ("core/ids.cpp", "data/fold.hpp", False),
    ("web/api.cpp", "storage/result_store.hpp", True),
    ("web/api.cpp", "storage/sqlite_db.hpp", False),
    ("orchestrator/scheduler.cpp", "worker/agent.hpp", False),
    ("orchestrator/main.cpp", "web/server.hpp", True),
    ("worker/agent.cpp", "model/stacked_model.hpp", False),
    ("worker/trainer/slot.cpp", "model/stacked_model.hpp", True),
])
def test_folders_include_only_what_their_row_of_the_table_allows(tree, user, header, allowed):
    tree(header, "// A header.\n#pragma once\n")
    path = tree(user, f'#include "{header}"\n')

    assert (check_structure.breaches_of_edges(path) == []) == allowed


@pytest.mark.parametrize("user, header, allowed", [
    ("transport/mpi_transport.cpp", "mpi.h", True),
    ("orchestrator/coordinator.cpp", "mpi.h", False),
    ("storage/sqlite_db.cpp", "sqlite3.h", True),
    ("web/api.cpp", "sqlite3.h", False),
    ("web/server.cpp", "httplib.h", True),
    ("orchestrator/main.cpp", "httplib.h", False),
    ("model/losses.cpp", "ATen/ATen.h", True),
    ("data/fold.cpp", "ATen/ATen.h", False),
    ("core/messages.hpp", "nlohmann/json.hpp", False),
])
def test_third_party_headers_stay_where_they_belong(tree, user, header, allowed):
    path = tree(user, f"#include <{header}>\n")

    assert (check_structure.breaches_of_edges(path) == []) == allowed


def test_a_long_file_and_a_long_function_are_found(tree):
    path = tree("core/long.cpp", "int f() {\n" + "  ;\n" * 600 + "  return 0;\n}\n")

    assert any("603 lines" in breach for breach in check_structure.breaches_of_text(path))
    assert any("f has 603 lines" in breach for breach in check_structure.breaches_of_functions([path]))


def test_a_header_without_a_purpose_or_a_guard_is_found(tree):
    path = tree("core/bare.hpp", "int f();\n")

    assert len(check_structure.breaches_of_header(path)) == 2


def test_a_seam_must_state_threads_and_errors(tree):
    path = tree("transport/transport.hpp", "// Transport. Threads: one.\n#pragma once\n")

    assert [breach for breach in check_structure.breaches_of_header(path) if "Errors:" in breach]


def test_a_test_that_no_cmake_file_names_is_found(tree):
    tree("tests/core/CMakeLists.txt", "mer_test(core_test SOURCES scores_test.cpp)\n")
    named, forgotten = tree("tests/core/scores_test.cpp", ""), tree("tests/core/result_test.cpp", "")

    assert check_structure.breaches_of_build([named]) == []
    assert len(check_structure.breaches_of_build([forgotten])) == 1


def summary_of(tmp_path, capsys, *reports):
    paths = []
    for number, text in enumerate(reports):
        path = tmp_path / f"{number}.xml"
        if text is not None:
            path.write_text(text)
        paths.append(str(path))
    code = summarise_tests.main(paths)
    return code, capsys.readouterr().out.splitlines()


PASSED = '<testcase name="a" status="run"/>'
FAILED = '<testcase name="b" status="fail"><failure message="no"/></testcase>'
SKIPPED = '<testcase name="c" status="notrun"><skipped message="no"/></testcase>'


def test_the_summary_adds_up_all_reports(tmp_path, capsys):
    code, lines = summary_of(tmp_path, capsys, f"<testsuite>{PASSED}{SKIPPED}</testsuite>",
                             f"<testsuites><testsuite>{PASSED}</testsuite></testsuites>")

    assert (code, lines) == (0, ["2 passed, 0 failed, 1 skipped"])


def test_a_failed_test_is_named_and_fails_the_whole(tmp_path, capsys):
    code, lines = summary_of(tmp_path, capsys, f"<testsuite>{PASSED}{FAILED}</testsuite>")

    assert code == 1
    assert "b" in lines[0] and lines[-1] == "1 passed, 1 failed, 0 skipped"


@pytest.mark.parametrize("report", [None, "", "<testsuite/>"], ids=["missing", "empty", "without tests"])
def test_a_runner_that_ran_nothing_is_a_failure(tmp_path, capsys, report):
    code, lines = summary_of(tmp_path, capsys, f"<testsuite>{PASSED}</testsuite>", report)

    assert code == 1
    assert lines[-1] == "1 passed, 1 failed, 0 skipped"


def test_the_release_build_makes_every_program_that_a_user_calls():
    presets = json.loads((ROOT / "CMakePresets.json").read_text())
    release = next(preset for preset in presets["buildPresets"] if preset["name"] == "release")
    made = set()
    for file in ROOT.glob("*/**/CMakeLists.txt"):
        if file.relative_to(ROOT).parts[0] in {"cli", "orchestrator", "worker"}:
            made |= set(re.findall(r"^\s*mer_program\(([\w-]+)", file.read_text(), re.MULTILINE))
    assert made == set(release["targets"])
