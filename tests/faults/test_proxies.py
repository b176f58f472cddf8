"""Row 64: a proxy that refuses was asked once, nothing was sent, and it is named. Only the proxy in use is judged."""

from collections.abc import Iterator

import pytest

from faults.scene import Scene
from support.fault_ports import HOST, openssl_is_there
from support.fault_server import FaultServer

ORDER = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"
SERVICE = "https://no-such-host.invalid/api/v1"

needs_openssl = pytest.mark.skipif(not openssl_is_there(), reason="the openssl program is not installed")


@pytest.fixture
def proxy() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def behind(proxy: FaultServer, **env: str) -> dict[str, str]:
    url = f"http://somebody:s3cret@{HOST}:{proxy.port}"
    return {"VSMS_BASE_URL": SERVICE, "HTTPS_PROXY": url, "VSMS_TIMEOUT": "3", **env}


@pytest.mark.parametrize("status", ["403", "407", "502"])
def test_a_proxy_that_refuses_is_asked_once_and_its_status_is_named(
    stage: Scene, proxy: FaultServer, status: str
) -> None:
    proxy.fault("any", status, times=None)

    read = stage.run("balance", env=behind(proxy))
    sent = [request.method for request in proxy.requests]
    many = stage.cancel(ORDER, *(f"{ORDER[:-2]}{n}" for n in range(20, 40)), env=behind(proxy))

    assert (read.code, many.code) == (6, 6)
    assert sent == ["CONNECT"]
    assert [request.method for request in proxy.requests] == ["CONNECT"] * 2
    assert f"the proxy on the way to no-such-host.invalid refused: {status} " in read.err
    assert {row["outcome"] for row in many.json} == {"failed"}
    assert all(f"refused: {status}" in row["error"]["message"] for row in many.json)
    assert "s3cret" not in read.err + many.out + many.err
    journal = stage.run("journal", "list", "--unresolved", "--json", env={"VSMS_BASE_URL": SERVICE})
    assert journal.json == []


def test_doctor_asks_a_proxy_that_refuses_once(stage: Scene, proxy: FaultServer) -> None:
    proxy.fault("any", "407", times=None)
    done = stage.run("doctor", env=behind(proxy))
    assert done.code == 1
    assert "the proxy refuses with status 407" in done.out
    assert len(proxy.requests) == 1


def test_a_407_of_the_service_s_own_side_was_not_handed_on(stage: Scene) -> None:
    order = stage.server.add_order()
    stage.server.fault("any", "407", times=None)

    cancel, read = stage.cancel(order), stage.run("balance")

    assert (cancel.code, read.code) == (6, 6)
    assert cancel.json[0]["outcome"] == "failed"
    for said in (cancel.json[0]["error"]["message"], read.err):
        assert "407 Proxy Authentication Required" in said
    assert [request.method for request in stage.server.requests] == ["POST", "GET"]


@pytest.mark.parametrize(
    "env",
    [
        {"NO_PROXY": "fd07::/64,[::1], [fd07::1]:8080, 10.0.0.0/8 ,bad/99,s3cret:[::1"},
        {"ALL_PROXY": "socks://127.0.0.1:1080/"},
        {"HTTP_PROXY": "socks5://127.0.0.1:1080/", "all_proxy": "nonsense://[::1"},
    ],
    ids=["NO_PROXY", "ALL_PROXY", "HTTP_PROXY"],
)
def test_what_this_url_does_not_use_is_not_judged(
    stage: Scene, proxy: FaultServer, env: dict[str, str]
) -> None:
    proxy.fault("any", "403", times=None)
    done = stage.run("balance", env=behind(proxy, **env))
    assert (done.code, [request.method for request in proxy.requests]) == (6, ["CONNECT"])


@pytest.mark.parametrize("excepted", ["*", "invalid", ".invalid", "no-such-host.invalid:443", "x, *.INVALID"])
def test_a_host_that_no_proxy_names_is_reached_directly(
    stage: Scene, proxy: FaultServer, excepted: str
) -> None:
    done = stage.run("balance", env=behind(proxy, NO_PROXY=excepted, VSMS_TIMEOUT="0.5"))
    assert done.code == 6
    assert proxy.connections == 0


@pytest.mark.parametrize("scheme", ["socks", "socks4", "socks5", "socks5h"])
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_socks_proxy_is_said_to_be_unsupported(stage: Scene, name: str, scheme: str) -> None:
    env = {"VSMS_BASE_URL": SERVICE, name: f"{scheme}://somebody:s3cret@{HOST}:1080/"}
    done = stage.run("orders", "cancel", ORDER, "--yes", env=env)
    assert done.code == 2
    assert f"{name} names a SOCKS proxy, which vsms does not support" in done.err
    assert "s3cret" not in done.err


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_variable_that_can_t_be_used_is_a_clear_error(stage: Scene, name: str) -> None:
    env = {"VSMS_BASE_URL": SERVICE, name: "gopher://s3cret.example"}
    done = stage.run("orders", "cancel", ORDER, "--yes", env=env)
    assert done.code == 2
    assert f"{name} can't be used" in done.err
    assert "s3cret" not in done.err


@needs_openssl
def test_https_on_loopback_uses_no_proxy(stage: Scene, proxy: FaultServer) -> None:
    with FaultServer(tls="self-signed") as service:
        env = behind(proxy, SSL_CERT_FILE=str(service.certificate), VSMS_TOKEN=service.token)
        for host in (HOST, "localhost"):
            done = stage.run("balance", env={**env, "VSMS_BASE_URL": f"https://{host}:{service.port}/api/v1"})
            assert "proxy" not in done.err
        assert service.connections
    assert proxy.connections == 0


@pytest.mark.parametrize("said", ["UTF-8", "none", "", "identity", "Identity, utf-8"])
def test_an_encoding_that_is_no_compression_is_none(stage: Scene, said: str) -> None:
    body = b'{"balance": 1.5, "success": true}'
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {said}\r\nContent-Length: {len(body)}\r\n\r\n"
    stage.server.fault("balance", raw=head.encode() + body)

    done = stage.run("balance", "--json")

    assert done.code == 0, done.err
    assert done.json["balance"] == 1.5
