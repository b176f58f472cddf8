"""The token, through every command and against a service that sends it back: it comes out nowhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fault_server import FaultServer
from support.vsms import Done, Vsms
from vsms_cli.cli.command_tree import GROUPS, ROOT

CANARY = "vsms_c4n4ry0123456789abcdef0123456789"
FORMATS = ("table", "tsv", "csv", "json", "ndjson")
ECHO_HEADERS = (
    b"HTTP/1.1 %s\r\nServer: " + CANARY.encode() + b"\r\nRetry-After: " + CANARY.encode() + b"\r\n"
    b"X-Request-Id: " + CANARY.encode() + b"\r\nCF-Ray: " + CANARY.encode() + b"\r\nContent-Type: text/plain; x="
    + CANARY.encode() + b"\r\nDate: " + CANARY.encode() + b"\r\nSet-Cookie: a=" + CANARY.encode() + b"\r\n"
    b"X-RateLimit-Remaining: " + CANARY.encode() + b"\r\nContent-Length: %d\r\n\r\n%s"
)  # fmt: skip


def echo(status: str) -> bytes:
    body = CANARY.encode() * 3
    return ECHO_HEADERS % (status.encode(), len(body), body)


FAULTS: dict[str, dict[str, object]] = {
    "none": {},
    "401": {"kind": "401", "text": CANARY},
    "400": {"kind": "400", "text": f"invalid key {CANARY}"},
    "422": {"kind": "422", "text": CANARY, "fields": {"retry_at": CANARY, "code": CANARY}},
    "500": {"kind": "500", "text": CANARY, "form": "html"},
    "every text": {"kind": "hostile-text", "text": f"before {CANARY} after"},
    "status and ids": {"kind": "fields", "fields": {"status": CANARY, "id": CANARY, "order_id": CANARY}},
    "headers of a 200": {"kind": "raw", "raw": echo("200 OK")},
    "headers of a 400": {"kind": "raw", "raw": echo(f"400 {CANARY}")},
    "no HTTP": {"kind": "raw", "raw": CANARY.encode() + b"\r\n\r\n"},
}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(token=CANARY) as running:
        yield running


@pytest.fixture
def canary(vsms: Vsms, server: FaultServer) -> Vsms:
    vsms.env |= {
        "VSMS_TOKEN": CANARY,
        "VSMS_BASE_URL": server.base_url,
        "VSMS_TIMEOUT": "0.2",
        "VSMS_RATE_LIMIT": "10000",
        "VSMS_DEBUG": "1",
    }
    return vsms


def commands(server: FaultServer) -> list[tuple[str, ...]]:
    """Every command that talks to the service or reads what is kept, with orders in each state."""
    waiting, other, third = (server.add_order(country="AR") for _ in range(3))
    completed, rental = server.add_order(status="completed"), server.add_rental()
    server.deliver(completed, "Your code is 123456")
    return [
        ("auth", "status"),
        ("balance",),
        ("orders", "list", "--all", "--country", "AR"),
        ("orders", "show", waiting),
        ("orders", "show", waiting[:8]),
        ("orders", "cancel", waiting, "--yes", "--verify"),
        ("orders", "cancel", "--country", "AR", "--dry-run"),
        ("orders", "refund", other, completed, "--reason", "code-rejected", "--yes"),
        ("orders", "swap", third, "--yes"),
        ("rentals", "list", "--all"),
        ("rentals", "show", rental),
        ("rentals", "cancel", rental, "--yes"),
        ("transactions", "list"),
        ("refunds", "audit", "--request", "--yes"),
        ("stats",),
        ("journal", "list"),
        ("journal", "show", "1"),
        ("journal", "resolve"),
        ("config", "show"),
        ("config", "path"),
        ("doctor",),
        ("api", "customer/balance"),
    ]


@pytest.mark.parametrize("name", FAULTS)
def test_the_token_comes_out_nowhere(canary: Vsms, server: FaultServer, name: str) -> None:
    lines = commands(server)
    if options := dict(FAULTS[name]):
        server.fault("any", str(options.pop("kind")), times=None, **options)
    for number, line in enumerate(lines):
        shape = () if line[0] == "api" else ("-o", FORMATS[number % len(FORMATS)])
        spoken(canary(*line, *shape, "--debug"), line)
    spoken(canary("__complete", "orders", "show", ""), ("__complete",))
    assert_in_no_file(canary.home)


@pytest.mark.parametrize("name", ["every text", "500", "headers of a 200"])
def test_waiting_shows_none_either(canary: Vsms, server: FaultServer, name: str) -> None:
    options = dict(FAULTS[name])
    order = server.add_order()
    server.deliver(order, f"Your code is 123456 {CANARY}", sender=CANARY)
    server.fault("any", str(options.pop("kind")), times=None, **options)
    for format_ in ("table", "json"):
        line = ("orders", "wait", order, "--timeout", "1s", "-o", format_)
        spoken(canary(*line), line)
    assert_in_no_file(canary.home)


@pytest.mark.parametrize("name", ["none", "401", "every text"])
def test_a_token_that_is_stored_lies_in_its_file_alone(canary: Vsms, server: FaultServer, name: str) -> None:
    del canary.env["VSMS_TOKEN"]
    canary.env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    login = ("auth", "login", "--with-token", "--debug")
    spoken(canary(*login, stdin=f"{CANARY}\n"), login)  # no keyring: nothing is stored
    spoken(canary(*login, "--insecure-storage", stdin=f"{CANARY}\n"), login)
    assert_in_no_file(canary.home, but=("tokens.json",))
    if options := dict(FAULTS[name]):
        server.fault("any", str(options.pop("kind")), times=None, **options)
    for line in commands(server)[:3]:
        spoken(canary(*line, "--debug", "--json"), line)
    spoken(canary(*login, "--profile", "b", "--insecure-storage", stdin=f"{CANARY}\n"), login)
    told = canary("auth", "token", "--debug")
    assert told.out == f"{CANARY}\n"
    assert CANARY not in told.err
    spoken(canary("auth", "logout", "--debug"), ("auth", "logout"))
    assert_in_no_file(canary.home, but=("tokens.json",))


@pytest.mark.parametrize("variable", ["VSMS_TOKEN", "VSMS_TOKEN_FILE", "VIRTUALSMS_API_KEY"])
@pytest.mark.parametrize("spoilt", [f"{CANARY} {CANARY}", f"{CANARY}\x07", f"{CANARY}\u00e9", CANARY * 20])
def test_a_token_of_a_wrong_form_is_not_repeated(canary: Vsms, variable: str, spoilt: str) -> None:
    del canary.env["VSMS_TOKEN"]
    if variable == "VSMS_TOKEN_FILE":
        canary.env[variable] = str(canary.home / "token")
        (canary.home / "token").write_text(spoilt)
    else:
        canary.env[variable] = spoilt
    for line in (("balance", "--debug"), ("auth", "status", "--json"), ("auth", "token")):
        done = canary(*line)
        assert done.code == 4
        spoken(done, line)


def test_a_short_token_leaves_the_data_alone(canary: Vsms) -> None:
    with FaultServer(token="AR") as server:
        server.add_order(country="AR")
        done = canary("orders", "list", "--json", env={"VSMS_TOKEN": "AR", "VSMS_BASE_URL": server.base_url})
    assert [row["country"] for row in done.json] == ["AR"]


CRASH = """
import vsms_cli.api.wire, vsms_cli.api.client as client
def broken(self, *args, **more):
    token = self._transport._token
    raise RuntimeError(f"broken with {token}")
client.Client.balance = client.Client.orders = client.Client.cancel = broken
"""


@pytest.mark.parametrize(
    "line", [("balance", "--debug"), ("orders", "list", "--json"), ("orders", "cancel", "--all", "--yes")]
)
def test_a_crash_shows_no_variable(canary: Vsms, tmp_path: Path, line: tuple[str, ...]) -> None:
    (tmp_path / "sitecustomize.py").write_text(CRASH)

    done = canary.process(*line, env={"PYTHONPATH": str(tmp_path), "VSMS_TIMEOUT": "5"})
    assert CANARY not in done.out + done.err
    assert "crashed: RuntimeError" in done.err
    assert "Traceback" not in done.err
    assert_in_no_file(canary.home)


def test_the_sample_knows_every_command() -> None:
    """A new command is to be added above, or here with the reason that it meets no token."""
    with FaultServer(token=CANARY) as running:
        known = {" ".join(line[: 2 if line[0] in GROUPS else 1]) for line in commands(running)}
    apart = {"auth login", "auth logout", "auth token", "orders wait"}  # in tests of their own
    no_token = {"auth switch", "help", "completion"} | {f"sandbox {name}" for name in GROUPS["sandbox"]}
    every = {f"{group} {name}" for group in GROUPS for name in GROUPS[group]} | (set(ROOT) - set(GROUPS))
    assert every - known - apart - no_token == {
        "orders watch"
    }  # needs a terminal; it reads as `orders list` does


def spoken(done: Done, line: tuple[str, ...]) -> None:
    assert CANARY not in done.out + done.err, f"{' '.join(line)}:\n{done.out}\n{done.err}"
    assert "crashed:" not in done.err, done.err


def assert_in_no_file(home: Path, *, but: tuple[str, ...] = ()) -> None:
    files = [path for path in home.rglob("*") if path.is_file() and path.name not in but]
    assert files
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]
