"""What tests everywhere start from."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from support.vsms import Vsms

# The gate must say the same of the same code; by hand the dice roll.
settings.register_profile("gate", derandomize=True, deadline=None, max_examples=40)
settings.register_profile("by hand", deadline=None)
settings.load_profile("gate" if os.environ.get("CI") else "by hand")


@pytest.fixture
def vsms(tmp_path: Path) -> Vsms:
    """`vsms` with an empty home."""
    return Vsms(tmp_path)
