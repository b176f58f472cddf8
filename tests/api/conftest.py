"""One transport for all: making a TLS context for each test would cost more than the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import respx

from api.parts import BASE_URL, TOKEN, Rig
from vsms_cli.api.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def transport() -> Iterator[Transport]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
            patch.delenv(name, raising=False)
            patch.delenv(name.lower(), raising=False)
        made = Transport(base_url=BASE_URL, token=TOKEN, time_limit=5)
    yield made
    made.close()


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=BASE_URL, assert_all_called=False) as router:
        yield router


@pytest.fixture
def rig(transport: Transport) -> Rig:
    return Rig(transport)
