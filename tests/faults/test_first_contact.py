"""A deployment that lacks a route, points elsewhere, or speaks another protocol: said by name, with what to do."""

import pytest

from faults.scene import Scene, scene
from support.fault_server import FaultServer
from support.vsms import Vsms


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("status", ["404", "405", "501"])
def test_without_a_ledger_what_needs_none_works(stage: Scene, status: str, form: str) -> None:
    orders = [stage.server.add_order(country="AR") for _ in range(2)]
    stage.server.fault("transactions", status, form=form, times=None)

    listed = stage.run("transactions", "list")
    audited = stage.run("refunds", "audit")

    for done in (listed, audited):
        assert done.code == 5
        assert "this deployment has no ledger: /customer/transactions" in done.err
    stage.server.fault("cancel", "500", when="after", order_id=orders[0])
    done = stage.run("orders", "cancel", "--all", "--yes", "--json")
    assert (done.code, [row["outcome"] for row in done.json]) == (0, ["cancelled"] * 2)
    assert stage.run("balance").code == 0


@pytest.mark.parametrize("operation", ["countries", "services"])
def test_without_a_catalogue_codes_do(stage: Scene, operation: str) -> None:
    order = stage.server.add_order(country="AR")
    stage.server.add_order(country="BR")
    stage.server.fault(operation, "404", times=None)

    done = stage.run("orders", "list", "--country", "ar", "-q")

    assert (done.code, done.lines) == (0, [order])
    assert "this deployment has no catalogue" in done.err


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_says_where_it_points_and_is_not_followed(stage: Scene, status: int) -> None:
    with FaultServer() as elsewhere:
        where = f"http://user:secret@127.0.0.1:{elsewhere.port}/api/v2/customer/balance?key=secret"
        stage.server.fault("balance", "redirect", status=status, location=where, times=None)

        done = stage.run("balance")

        assert done.code == 6
        assert (
            f"status {status}, which points to 127.0.0.1:{elsewhere.port}/api/v2/customer/balance" in done.err
        )
        assert "secret" not in done.err
        assert elsewhere.connections == 0


def test_plain_http_where_tls_is_expected_is_said(vsms: Vsms) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        vsms.env["VSMS_BASE_URL"] = server.https_url

        done = stage.run("balance")

        assert done.code == 6
        assert "seems to speak plain http" in done.err


def test_tls_or_http2_where_http_is_expected_is_said(vsms: Vsms) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        server.fault("balance", "garbage", times=None)

        done = stage.run("balance")

        assert done.code == 6
        assert "may want https, or speak HTTP/2 alone" in done.err
