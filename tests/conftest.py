"""What tests everywhere start from."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from support.canary import assert_in_no_file
from support.vsms import Vsms

# The gate must say the same of the same code; by hand the dice roll.
settings.register_profile("gate", derandomize=True, deadline=None, max_examples=40)
settings.register_profile("by hand", deadline=None)
settings.load_profile("gate" if os.environ.get("CI") else "by hand")


# Under nohup, or in the background of a script, these are ignored, and children would inherit that. A handler that does
# nothing is as deaf, and a child gets the default back.
for _name in ("SIGINT", "SIGHUP", "SIGQUIT"):
    if signal.getsignal(getattr(signal, _name)) is signal.SIG_IGN:
        signal.signal(getattr(signal, _name), lambda *_: None)


@pytest.fixture
def vsms(tmp_path: Path) -> Iterator[Vsms]:
    """`vsms` with an empty home. Whatever the test is about, the token must lie in no file afterwards."""
    yield Vsms(tmp_path)
    assert_in_no_file(tmp_path)
