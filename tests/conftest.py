"""What all tests share."""

import os
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real review data; tests that need it skip where it is not laid out beside the project."""
    if not SHARED_DATA.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI must have the review data at {SHARED_DATA}")
        pytest.skip("the real review data (../shared/data) is not beside the project")
    return SHARED_DATA
