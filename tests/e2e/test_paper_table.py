"""The table of a paper: that LaTeX takes it, and that the audit and the tests stand on a real run's numbers."""
import csv
import io
import subprocess

import pytest
from mer_run import sweep_of

DOCUMENT = r"""\documentclass{article}
\usepackage{booktabs,xcolor}
\begin{document}
\input{table}
\end{document}
"""


@pytest.fixture
def typeset(tmp_path):
    """What LaTeX says of tables in a document of their own."""

    def run(tables):
        (tmp_path / "table.tex").write_text(tables)
        (tmp_path / "paper.tex").write_text(DOCUMENT)
        return subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"], cwd=tmp_path,
                              stdout=subprocess.PIPE, timeout=120, check=False)

    return run


@pytest.mark.parametrize("options", [[], ["--ci"], ["--baseline", "1"], ["--utterances", "--baseline", "1"], ["--audit"]],
                         ids=["results", "intervals", "tests", "utterances", "audit"])
def test_latex_takes_the_table_of_a_run(undisturbed, typeset, options):
    table = undisturbed.run("results", "tiny", "--format", "latex", *options)
    assert table.returncode == 0 and "\\toprule" in table.stdout

    paper = typeset(table.stdout)

    assert paper.returncode == 0, paper.stdout


def test_latex_takes_any_label_and_what_is_missing(mer, corpus, typeset):
    label = r"Müller & Søn, 50 % of #1_x {~^\} <a|b> $x$"
    published = [{"label": label, "metric": "ua", "value": 0.5}]
    assert mer.run("submit", mer.write_sweep(sweep_of(corpus, published=published))).returncode == 0
    table = mer.run("results", "tiny", "--format", "latex").stdout
    assert "\\textcolor{red}{0/3}" in table and "M\u00fcller" in table

    paper = typeset(table)

    assert paper.returncode == 0, paper.stdout


def test_utterances_are_those_of_the_stored_predictions(undisturbed):
    stored = csv.DictReader(io.StringIO(
        undisturbed.run("export", "tiny", "--table", "predictions", "--format", "csv").stdout))
    right = {}
    dialogues = set()
    for row in stored:
        right.setdefault(row["configuration"], {})[row["utterance"]] = row["truth"] == row["predicted"]
        dialogues.add(row["dialogue"])
    table = undisturbed.run("results", "tiny", "--utterances", "--baseline", "1", "--format", "csv")
    rows = [row for row in csv.DictReader(io.StringIO(table.stdout)) if row["metric"] == "wa"]

    accuracies = [sum(one.values()) / len(one) for one in (right[row["configuration"]] for row in rows)]

    assert len(rows) == 2 and all(row["dialogues"] == str(len(dialogues)) for row in rows)
    assert [float(row["value"]) for row in rows] == pytest.approx(accuracies)
    assert float(rows[1]["difference"]) == pytest.approx(accuracies[1] - accuracies[0])
    assert float(rows[1]["low"]) <= accuracies[1] <= float(rows[1]["high"])
    shown = undisturbed.run("results", "tiny", "--utterances", "--baseline", "1").stdout
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_the_audit_shows_every_rule_and_what_it_adds(undisturbed):
    rows = list(csv.DictReader(io.StringIO(undisturbed.run("results", "tiny", "--audit", "--format", "csv").stdout)))
    assert [row["epoch"] for row in rows] == ["last", "oracle"] * 2
    for last, oracle in zip(rows[::2], rows[1::2]):
        assert last["configuration"] == oracle["configuration"]
        assert float(oracle["F1"]) >= float(last["F1"])
        assert 0 <= float(last["WA all"]) <= 1

    added = 100 * (float(rows[1]["F1"]) - float(rows[0]["F1"]))
    shown = " ".join(undisturbed.run("results", "tiny", "--audit").stdout.split())
    assert f"macro-F1 of the oracle instead of the last epoch: {f'{added:+.1f}' if added >= 0.05 else '0.0'} points" in shown
