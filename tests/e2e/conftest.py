"""Fixtures of the end-to-end tests."""
import pytest
from mer_fixtures import corpus, mer, programs, pytest_runtest_makereport, undisturbed

__all__ = ["corpus", "mer", "programs", "pytest_runtest_makereport", "undisturbed"]


@pytest.fixture(scope="session", autouse=True)
def built(programs):
    """No test here goes without them."""
