"""What tests everywhere start from."""

from pathlib import Path

import pytest

from support.vsms import Vsms


@pytest.fixture
def vsms(tmp_path: Path) -> Vsms:
    """`vsms` with an empty home."""
    return Vsms(tmp_path)
