"""What one cancel loads: each module costs half a millisecond before the request, each dataclass as much again.

A record (`domain/record_class.py`) costs a thirtieth of a dataclass.
"""

from pathlib import Path

from support.fault_server import FaultServer
from support.loaded import COUNTS_OUR_MODULES
from support.vsms import Vsms

MODULES = 111
DATACLASSES = 1
RECORDS = 63


def test_one_cancel_loads_no_more_than_it_did(live: Vsms, server: FaultServer, empty_path: Path) -> None:
    """Where this fails, import the new module where it is needed; raise the number only for what every cancel needs."""
    (empty_path / "sitecustomize.py").write_text(COUNTS_OUR_MODULES)
    order = server.add_order()
    done = live.process("orders", "cancel", order, "--yes", env={"PYTHONPATH": str(empty_path)})

    assert server.times_paid(order) == 1
    modules, dataclasses, records = map(int, done.err.rpartition("loaded ")[2].split())
    assert 0 < modules <= MODULES
    assert 0 < dataclasses <= DATACLASSES
    assert 0 < records <= RECORDS
