"""The served sandbox, the vendor's SDK and `vsms`, all three about the same account."""

from collections.abc import Iterator
from typing import Any

import pytest
import virtualsms

from support.served import TOKEN, Served, served
from support.vsms import Vsms


@pytest.fixture
def server(vsms: Vsms) -> Iterator[Served]:
    """Orders can be cancelled at once: the SDK holds the cooldown against the machine's own clock."""
    with served(vsms, "--hold", "0s") as running:
        yield running


@pytest.fixture
def pointed(vsms: Vsms, server: Served) -> Vsms:
    """`vsms` as any other client, over HTTP."""
    vsms.env |= {"VSMS_TOKEN": TOKEN, "VSMS_BASE_URL": server.base_url, "VSMS_RATE_LIMIT": "5000"}
    return vsms


@pytest.fixture
def sdk(server: Served) -> Iterator[Any]:
    client = virtualsms.VirtualSMS(TOKEN, base_url=server.base_url, timeout=10)
    client.session.trust_env = False
    yield client
    client.session.close()
