"""What the service says now goes before what anybody remembers."""

from collections.abc import Iterator

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms


@pytest.fixture
def service(vsms: Vsms) -> Iterator[FaultServer]:
    with FaultServer() as server:
        vsms.env |= {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url, "VSMS_TIMEOUT": "1"}
        yield server


def test_an_order_that_the_service_said_is_cancelled_and_is_not_can_be_cancelled(
    vsms: Vsms, service: FaultServer
) -> None:
    order = service.add_order()
    lie = (
        b'{"success": true, "order_id": "%s", "status": "cancelled", "refund_amount": 0.80}' % order.encode()
    )
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(lie)
    service.fault("cancel", raw=head + lie)
    assert vsms("orders", "cancel", order, "--yes").code == 0
    assert service.times_paid(order) == 0

    again = vsms("orders", "cancel", "--all", "--yes", "--json")

    assert again.json[0]["outcome"] == "cancelled"
    assert service.times_paid(order) == 1


def test_a_wrong_token_is_refused_also_for_an_order_that_the_journal_knows(
    vsms: Vsms, service: FaultServer
) -> None:
    order = service.add_order()
    assert vsms("orders", "cancel", order, "--yes").code == 0

    done = vsms("orders", "cancel", order, "--yes", env={"VSMS_TOKEN": "vsms_another_one"})

    assert done.code == 4


@pytest.mark.parametrize("status", ["pending", "created"])
def test_the_older_names_of_waiting_are_active(vsms: Vsms, service: FaultServer, status: str) -> None:
    older, newer = service.add_order(extra={"status": status}), service.add_order()

    assert set(vsms("orders", "list", "-q").lines) == {older, newer}


def test_a_token_typed_as_an_argument_is_not_repeated(vsms: Vsms) -> None:
    for args in (
        ["auth", "login", "vsms_abcdef1234"],
        ["vsms_abcdef1234"],
        ["orders", "show", "vsms_abcdef1234"],
    ):
        done = vsms(*args)
        assert done.code == 2
        assert "abcdef1234" not in done.err
