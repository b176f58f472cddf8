"""`vsms doctor`: every part that can be broken, the service's forms, and nothing that must not be pasted in public."""

import json
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.fault_answers import dumps
from support.fault_lists import ROW_NAMES, detail
from support.fault_server import FaultServer
from support.forms import EMPTY, ENVELOPES, ROWS, Form, http, odd_row
from support.vsms import Done, Vsms

SERVICE = ("balance", "profile", "orders", "order", "transactions", "rentals", "services", "countries")


def checks(done: Done) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in done.json:
        found.setdefault(row["check"], []).append(row)
    return found


def of(done: Done, name: str) -> list[tuple[str, str]]:
    return [(row["status"], row["detail"]) for row in checks(done).get(name, [])]


def test_a_service_as_documented_has_nothing_wrong(live: Vsms, server: FaultServer) -> None:
    server.add_order()

    done = live("doctor", "--json")

    assert done.code == 0, done.out
    assert {status for name in SERVICE for status, _ in of(done, name)} == {"ok"}
    assert len(server.requests) == len(SERVICE) <= 12
    assert {request.method for request in server.requests} == {"GET"}
    assert list(done.json[0]) == ["check", "status", "detail", "hint"]
    lines = live.process("doctor", env={"LC_ALL": "C.UTF-8"}).lines
    assert [line[0] for line in lines if not line.startswith(" ")] == [
        {"ok": "✓", "warning": "!"}[row["status"]] for row in done.json
    ]


def test_offline_asks_the_network_nothing(live: Vsms, server: FaultServer) -> None:
    done = live("doctor", "--offline", "--json")

    assert done.code == 0
    assert server.connections == 0
    assert {"versions", "settings", "journal", "keyring", "token"} <= set(checks(done))


def _row(server: FaultServer, order_id: str) -> dict[str, Any]:
    order = server.order(order_id)
    assert order is not None
    row = json.loads(dumps(detail(order)))
    return {ROW_NAMES.get(key, key): value for key, value in row.items() if key != "messages"}


@pytest.mark.parametrize("form", ROWS, ids=str)
def test_each_form_of_a_row_is_named_with_its_path_and_types(
    live: Vsms, server: FaultServer, form: Form
) -> None:
    good, odd = server.add_order(), server.add_order()
    rows = [_row(server, good), odd_row(form, _row(server, odd))]
    server.fault("orders", raw=http(ENVELOPES["as documented"](rows)), times=None)

    done = live("doctor", "--json")

    told = of(done, "orders")
    assert done.code == int(form.noticed)
    assert ("failed" in {status for status, _ in told}) == form.noticed
    for _, words in told:
        assert re.fullmatch(
            r"as documented.*|orders\[\](\.\w+)*: [\w' ]+, documented is [\w, \d\"]+; [\w ]+", words
        ), words
    if form.path is None:
        assert [status for status, _ in told] == ["ok"]
    else:
        where = f"orders[].{form.path}".rstrip(".")
        assert [words.partition(":")[0] for _, words in told] == [where]


@pytest.mark.parametrize(
    "envelope", [name for name in ENVELOPES if name not in {"as documented", "a byte-order mark", "no count"}]
)
def test_an_envelope_of_another_kind_is_named(live: Vsms, server: FaultServer, envelope: str) -> None:
    rows = [_row(server, server.add_order())]
    server.fault("orders", raw=http(ENVELOPES[envelope](rows)), times=None)

    done = live("doctor", "--json")

    assert done.code == 0
    assert of(done, "orders")[0][0] == "warning"


@pytest.mark.parametrize("form", EMPTY)
def test_an_account_without_orders_is_no_fault(live: Vsms, server: FaultServer, form: str) -> None:
    server.fault("orders", raw=http(EMPTY[form]), times=None)

    assert live("doctor").code == 0


def test_new_and_missing_fields_are_named(live: Vsms, server: FaultServer) -> None:
    row = _row(server, server.add_order()) | {"operator_name": "x"}
    del row["expires_at"]
    server.fault("orders", raw=http(ENVELOPES["as documented"]([row])), times=None)

    told = [words for _, words in of(live("doctor", "--json"), "orders")]

    assert "orders[].operator_name: text, documented is no such field; passed over" in told
    assert "orders[].expires_at: missing, documented is an RFC 3339 time; not known" in told


CANARIES = {
    "email": "canary@example.com", "number": "+15550001234", "message": "CANARY 987654", "amount": "31.4159",
}  # fmt: skip


def test_nothing_of_the_account_stands_in_its_output(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(phone_number=CANARIES["number"], country="QX", service="zq9")
    row = _row(server, order) | {
        "price_charged": CANARIES["amount"], CANARIES["email"]: 1, CANARIES["number"]: {}, "note": CANARIES["message"],
        "created_at": CANARIES["message"], server.token: 1,
    }  # fmt: skip
    server.fault(
        "orders",
        raw=http(ENVELOPES["as documented"]([row, CANARIES["message"], {"id": order + "x"}])),
        times=None,
    )
    server.fault("balance", raw=http(json.dumps({"error": CANARIES["message"]}).encode()), times=None)
    server.fault("profile", "422", text=CANARIES["message"], times=None)
    server.fault("order", "hostile-text", text=CANARIES["message"], times=None)
    live.env["VSMS_PROFILE"] = "canary-profile"

    said = "".join(
        done.out + done.err
        for done in (live("doctor"), live("doctor", "--json"), live("doctor", "-o", "tsv"))
    )

    for canary in (
        *CANARIES.values(),
        server.token,
        order,
        "holder@example.com",
        "QX",
        "zq9",
        "canary-profile",
    ):
        assert canary not in said, canary
    assert "987654" not in said
    assert str(live.home) not in said


def test_a_refused_token_is_said(live: Vsms) -> None:
    done = live("doctor", "--json", env={"VSMS_TOKEN": "vsms_another_one_0123"})

    assert (done.code, of(done, "balance")) == (1, [("failed", "the service refuses the token")])


@pytest.mark.parametrize("kind", ["captive-portal", "404", "500", "invalid-json", "empty-200", "close"])
def test_a_service_that_is_none_is_said(live: Vsms, server: FaultServer, kind: str) -> None:
    server.fault("any", kind, times=None, form="html")

    done = live("doctor", "--json")

    assert done.code == 1
    assert of(done, "balance")[0][0] == "failed"
    if kind == "captive-portal":
        assert "captive portal" in of(done, "balance")[0][1]


def _no_network(vsms: Vsms) -> str:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    vsms.env["VSMS_BASE_URL"] = f"http://127.0.0.1:{port}/api/v1"
    return "connection"


def _no_name(vsms: Vsms) -> str:
    vsms.env["VSMS_BASE_URL"] = "https://no-such-host.invalid/api/v1"
    return "name"


def _broken_config(vsms: Vsms) -> str:
    vsms.config_dir.mkdir(parents=True)
    (vsms.config_dir / "config.toml").write_text("timeout = [")
    return "settings"


def _damaged_journal(vsms: Vsms) -> str:
    vsms.state_dir.mkdir(parents=True)
    (vsms.state_dir / "journal.db").write_bytes(b"garbage" * 1000)
    return "journal"


def _no_token(vsms: Vsms) -> str:
    del vsms.env["VSMS_TOKEN"]
    vsms.env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    return "token"


def _state_is_a_file(vsms: Vsms) -> str:
    vsms.state_dir.parent.mkdir(parents=True, exist_ok=True)
    vsms.state_dir.write_text("")
    return "state"


BREAKS: list[Callable[[Vsms], str]] = [
    _no_network, _no_name, _broken_config, _damaged_journal, _no_token, _state_is_a_file,
]  # fmt: skip


@pytest.mark.parametrize("break_", BREAKS)
def test_what_is_broken_is_said_with_what_to_do_and_hides_nothing_else(
    live: Vsms, break_: Callable[[Vsms], str]
) -> None:
    name = break_(live)

    done = live("doctor", "--json")

    (found,) = (row for row in checks(done)[name] if row["status"] == "failed")
    assert (done.code, bool(found["hint"])) == (1, True)
    assert checks(done)["versions"][0]["status"] == "ok"
    assert "Traceback" not in done.err
    assert live("doctor").code == 1


def test_without_a_home_it_works(live: Vsms) -> None:
    done = live.process(
        "doctor", "--offline", prefix=["env", "-u", "HOME", "-u", "VSMS_STATE_DIR", "-u", "VSMS_CONFIG_DIR"]
    )

    assert "Traceback" not in done.err
    assert "✓ versions" in done.out or "+ versions" in done.out


def test_a_directory_that_others_may_write_is_warned_of(live: Vsms) -> None:
    live.state_dir.mkdir(parents=True)
    live.state_dir.chmod(0o777)

    assert of(live("doctor", "--offline", "--json"), "state")[0][0] == "warning"


def test_a_keyring_that_hangs_ends_after_three_seconds(live: Vsms, tmp_path: Path) -> None:
    (tmp_path / "hanging.py").write_text(
        "import time\nfrom keyring.backend import KeyringBackend\n"
        "class Hanging(KeyringBackend):\n    priority = 9\n"
        "    def get_password(self, *_):\n        time.sleep(60)\n"
        "    set_password = delete_password = get_password\n"
    )
    live.env |= {"PYTHONPATH": str(tmp_path), "PYTHON_KEYRING_BACKEND": "hanging.Hanging"}

    done = live.process("doctor", "--offline", "--json")

    assert "did not answer within 3 s" in of(done, "keyring")[0][1]


def test_the_clock_is_compared(vsms: Vsms) -> None:
    with FaultServer(date_offset=86400) as server:
        vsms.env |= {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url}
        done = vsms("doctor", "--json")

    assert of(done, "clock")[0][0] == "failed"


def test_a_certificate_that_is_not_trusted_is_said(vsms: Vsms) -> None:
    with FaultServer(tls="self-signed") as server:
        vsms.env |= {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url}
        done = vsms("doctor", "--json")
        vsms.env["SSL_CERT_FILE"] = os.fspath(server.certificate)
        trusted = vsms("doctor", "--json")

    assert of(done, "tls")[0][0] == "failed"
    assert of(trusted, "tls")[0][0] in {"ok", "warning"}
    assert "balance" in checks(trusted)


def test_it_asks_no_more_where_nobody_answers(live: Vsms) -> None:
    with FaultServer() as server:
        server.fault("any", "timeout", times=None)
        live.env |= {"VSMS_BASE_URL": server.base_url, "VSMS_TIMEOUT": "0.3"}

        done = live("doctor", "--json")

    assert [name for name in SERVICE if name in checks(done)] == ["balance"]


# vsms api


def test_api_prints_what_the_service_sent(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()

    done = live("api", "customer/orders", "-f", "limit=5", "-f", "status=waiting")

    assert json.loads(done.out)["orders"][0]["id"] == order
    assert server.requests[0].target.endswith("/customer/orders?limit=5&status=waiting")


def test_api_strikes_the_token_out(live: Vsms, server: FaultServer) -> None:
    server.fault("balance", raw=http(json.dumps({"key": server.token}).encode()))

    assert live("api", "/customer/balance").out == '{"key": "[token]"}\n'


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../purchase",
            "customer/../purchase",
            "https://elsewhere.example/x",
            "//elsewhere/x",
            "customer//x",
        ),
        *("a?b=c", "a#b", "a%2fb", "", "a b", "a\nb", "customer/order/..", "x" * 300),
    ],
)
def test_api_refuses_what_is_no_path_of_the_api(live: Vsms, server: FaultServer, path: str) -> None:
    done = live("api", "--", path)

    assert (done.code, done.out, server.requests) == (2, "", [])


def test_api_has_the_exit_codes_of_any_read(live: Vsms, server: FaultServer) -> None:
    assert live("api", "customer/nothing").code == 5
    server.fault("balance", "500", times=None)
    assert live("api", "customer/balance").code == 6
    server.clear()
    assert live("api", "customer/balance", env={"VSMS_TOKEN": "vsms_another_one_0123"}).code == 4
    assert live("api", "customer/balance", "-f", "limit").code == 2
    server.fault("balance", raw=http(b"<html>maintenance</html>"))
    page = live("api", "customer/balance")
    server.fault("balance", raw=http(b'{"success": false, "error": "account frozen"}'))
    frozen = live("api", "customer/balance")
    assert (page.code, page.out) == (6, "<html>maintenance</html>\n")
    assert (frozen.code, frozen.out) == (6, '{"success": false, "error": "account frozen"}\n')


def test_rentals_as_a_bare_list_are_as_documented(live: Vsms, server: FaultServer) -> None:
    server.fault("rentals", raw=http(b"[]"), times=None)
    assert "rentals\tok\tas documented" in live("doctor", "-o", "tsv").out


def test_a_keyring_is_not_needed_where_the_token_is_in_the_file(vsms: Vsms, server: FaultServer) -> None:
    env = {
        "VSMS_BASE_URL": server.base_url,
        "VSMS_TOKEN": "",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    signed_in = vsms(
        "auth", "login", "--with-token", "--insecure-storage", env=env, stdin=f"{server.token}\n"
    )
    assert signed_in.code == 0, signed_in.err
    done = vsms("doctor", "--json", env=env)
    assert [status for status, _ in of(done, "keyring")] == ["warning"]
    assert done.code == 0


def test_a_base_url_without_its_path_is_answered_with_it(live: Vsms, server: FaultServer) -> None:
    done = live("balance", "--base-url", server.base_url.removesuffix("/api/v1"))
    assert "/api/v1" in done.err
