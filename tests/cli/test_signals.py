"""Asked to end at an awkward moment."""

import os
import signal

from vsms_cli.cli.signals import Stop


class Slow:
    """A stream to which a signal comes in the middle of a write; CPython's buffered ones refuse to be entered twice."""

    def __init__(self) -> None:
        self.writing = False

    def write(self) -> None:
        if self.writing:
            raise RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")
        self.writing = True
        os.kill(os.getpid(), signal.SIGTERM)
        self.writing = False


def test_a_signal_in_the_middle_of_a_line_ends_gently_and_crashes_nothing() -> None:
    stop, stream = Stop(), Slow()
    with stop.listening(), stop.gently(stream.write):
        stream.write()
        assert stop.requested
    assert stop.exit_code == 128 + signal.SIGTERM
