"""What the environment says of proxies, certificates and TLS's key log: used, or refused before any request."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.parts import CANCEL, TOKEN, Rig
from support.fault_ports import HOST
from support.fault_server import FaultServer
from vsms_cli.api.proxies import proxy_of
from vsms_cli.api.transport import Transport
from vsms_cli.domain.errors import ConfigBroken
from vsms_cli.domain.mutation_answers import NotSent

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://virtualsms.test/api/v1"
NAMES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSLKEYLOGFILE",
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextlib.contextmanager
def transport_to(url: str, *, limit: float = 5.0) -> Iterator[Transport]:
    made = Transport(base_url=url, token=TOKEN, time_limit=limit)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_no_proxy_comes_between_us_and_this_machine(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Plain http goes to loopback alone: through a proxy the token would leave this machine in clear."""
    with FaultServer() as server, FaultServer() as proxy:
        monkeypatch.setenv(name, f"http://{HOST}:{proxy.port}")
        with transport_to(server.base_url) as transport:
            assert transport.send("GET", "/customer/balance").status == 200
        assert (len(server.requests), proxy.connections) == (1, 0)


@pytest.mark.parametrize(
    "value",
    [
        "http://[::1",
        "http://user:s3cret@host:port",
        "ftp://user:s3cret@host",
        "socks5://user:s3cret@host:1080",
        "http://",
        "http://user:s3cret@:3128",
        "http://s3cret:99999",
        "http://s3cret:0",
        "http://s3cret.\u00e9.example",
        "http://..:3128",
        "http://" + "s3cret" * 12,
        "http://user:s3cret\n@host",
    ],
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_broken_proxy_variable_is_said_before_any_request_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigBroken) as caught:
        Transport(base_url=URL, token=TOKEN, time_limit=1)
    assert name in caught.value.message
    assert "s3cret" not in caught.value.message + caught.value.hint
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("content", [None, "", "not a certificate"])
def test_a_ca_file_that_can_t_be_read_is_said_before_any_request_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, content: str | None
) -> None:
    file = tmp_path / "s3cret.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ConfigBroken, match="CA certificates") as caught:
        Transport(base_url=URL, token=TOKEN, time_limit=1)
    assert "SSL_CERT_FILE" in caught.value.hint
    assert "s3cret" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "value", ["127.0.0.1:3128", "https://proxy.example", "http://us\u00e9r:p%20w@[::1]:3128"]
)
def test_a_proxy_that_can_be_used_is_taken(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with transport_to(URL) as transport:
        assert transport.host == "virtualsms.test"


@pytest.mark.parametrize(
    ("no_proxy", "url", "excepted"),
    [
        ("fd07::/64", "https://[fd07::5]/x", True),
        ("[fd07::]/64", "https://[fd07::5]:8443/x", True),
        ("fd07::/64", "https://[fd08::5]/x", False),
        ("[fd07::5]", "https://[fd07::5]/x", True),
        ("[fd07::5]:8443", "https://[fd07::5]/x", False),
        ("fd07::5", "https://[fd07:0::5]/x", True),
        ("10.0.0.0/8", "https://10.1.2.3/x", True),
        ("10.1.2.3/8", "https://10.1.2.4/x", True),
        ("10.0.0.0/8", "https://10.example/x", False),
        ("10.1.2.3", "https://10.1.2.3/x", True),
        ("virtualsms.test", URL, True),
        ("test", URL, True),
        ("sms.test", URL, False),
        (".virtualsms.test", URL, False),
        (".test", URL, True),
        ("*.test.", URL, True),
        ("virtualsms.test:443", URL, True),
        ("virtualsms.test:80", URL, False),
        ("https://virtualsms.test", URL, True),
        ("http://virtualsms.test", URL, False),
        ("a b,virtualsms.test", URL, True),
        ("s3cret:[::1", URL, False),
        ("virtualsms.test/99", URL, False),
        (".,*.,:,/,[]", URL, False),
        ("", URL, False),
        ("", "https://localhost/x", True),
        ("", "https://127.0.0.9:8443/x", True),
        ("", "https://[::1]/x", True),
        ("", "https://localhost.example/x", False),
    ],
)
def test_the_hosts_of_no_proxy_and_this_machine_are_reached_directly(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, url: str, *, excepted: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    found = proxy_of(url)
    assert (found is None) == excepted
    assert found is None or (found.name, str(found.url)) == ("HTTPS_PROXY", "http://proxy.example")


def test_a_key_log_that_can_t_be_written_is_said_to_be_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "missing" / "s3cret"))
    with pytest.raises(ConfigBroken, match="SSLKEYLOGFILE") as caught:
        Transport(base_url=URL, token=TOKEN, time_limit=1)
    assert "s3cret" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("trouble", ["closed", "unknown name", "full"])
def test_a_dead_proxy_is_said_to_be_the_proxy(monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    look_up = socket.getaddrinfo

    def unknown(host: Any, *more: Any, **named: Any) -> Any:
        if host == "proxy.test":
            raise socket.gaierror(-2, "Name or service not known")
        return look_up(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with FaultServer() as server:
        place = {
            "closed": f"{HOST}:{server.closed_port()}",
            "full": f"{HOST}:{server.full_port()}",
            "unknown name": "proxy.test",
        }
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:s3cret@{place[trouble]}")
        with transport_to(URL, limit=0.6) as transport:
            end = Rig(transport).client.cancel(CANCEL, price=None)
    assert isinstance(end, NotSent)
    assert not end.hopeless
    assert "the proxy on the way to virtualsms.test can't be reached" in end.problem.message
    assert "HTTPS_PROXY" in end.problem.hint
    assert "s3cret" not in end.problem.message + end.problem.hint


@pytest.mark.parametrize(
    "cookie", ["sid=1", "sid=\u00e9", "a=b; expires=Thu, 99 Foo 9999; max-age=9999999999999999"]
)
def test_no_cookie_is_taken(cookie: str) -> None:
    """One with a letter outside ASCII would keep every later request from being built."""
    head = f"HTTP/1.1 200 OK\r\nSet-Cookie: {cookie}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    with FaultServer() as server:
        server.fault("balance", raw=head.encode("latin-1") + b"{}")
        with transport_to(server.base_url) as transport:
            for _ in range(2):
                transport.send("GET", "/customer/balance")
        assert ["cookie" in request.headers for request in server.requests] == [False, False]


def test_a_request_that_can_t_be_built_was_not_sent_and_shows_no_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_args: Any, **named: Any) -> httpx.Request:
        raise UnicodeError(named["headers"]["X-API-Key"])

    with FaultServer() as server:
        with transport_to(server.base_url) as transport:
            monkeypatch.setattr(transport._client, "build_request", broken)
            end = Rig(transport).client.cancel(CANCEL, price=None)
            with pytest.raises(httpx.LocalProtocolError) as caught:
                transport.send("GET", "/customer/balance")
        assert server.connections == 0
    assert isinstance(end, NotSent)
    assert end.hopeless
    assert end.problem.message == "the request could not be built"
    assert caught.value.__suppress_context__
