#!/usr/bin/env python3
"""Sums JUnit reports into the closing line `N passed, N failed, N skipped`.

Usage: summarise_tests.py REPORT.xml...
Names every failed test first. Exit code 1 when a test failed, or when a report is missing or holds no test: a runner
that ran nothing has failed.
"""
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("disabled", "notrun"):
        return "skipped"
    return "passed"


def outcomes(report: Path) -> list[tuple[str, str]]:
    """(test, outcome) of a report; one failure that names the report when there is nothing in it."""
    try:
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        return [(f"{report.name}: no report: {error}", "failed")]
    if not cases:
        return [(f"{report.name}: no test was run", "failed")]
    return [(f"{report.stem}: {case.get('classname', '')} {case.get('name', '')}", outcome(case)) for case in cases]


def main(reports: list[str]) -> int:
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for name, result in (pair for report in reports for pair in outcomes(Path(report))):
        counts[result] += 1
        if result == "failed":
            print(f"FAILED {name}")
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
