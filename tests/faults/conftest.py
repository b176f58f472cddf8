"""The adversary: a service that ignores idempotency keys and pays again for every POST."""

from collections.abc import Iterator

import pytest

from faults.scene import Scene, scene
from support.fault_server import FaultServer
from support.vsms import Vsms


@pytest.fixture
def service() -> Iterator[FaultServer]:
    with FaultServer(pays_again=True) as running:
        yield running


@pytest.fixture
def stage(vsms: Vsms, service: FaultServer) -> Scene:
    return scene(vsms, service)
