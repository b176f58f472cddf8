"""The rows over TLS: vsms, the SDK and curl in turn, 50 ms away from a service whose history is 200 orders long.

The certificate is made for the run. As on a machine that reaches the real service, each client reads certifi's whole
bundle, here with that certificate at its end.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import certifi

from benchmarks.delaying_proxy import delaying_proxy
from benchmarks.measure import Ran, run
from support.fault_server import FaultServer
from support.secret_service import SecretService, secret_service

ROUND_TRIP_S: Final = 0.05
HISTORY: Final = 200  # orders: a full page
WAITING: Final = 3
AGE_S: Final = 300  # seconds; past the cooldown
SDK: Final = str(Path(__file__).with_name("sdk.py"))
CURL_LIST: Final = (
    'curl -sS -H "X-API-Key: $VSMS_TOKEN"'
    ' "$VSMS_BASE_URL/customer/orders?status=waiting&limit=200" >/dev/null'
)
CURL_CANCEL: Final = (
    'curl -sS -X POST -H "X-API-Key: $VSMS_TOKEN" "$VSMS_BASE_URL/customer/cancel/$0" >/dev/null'
)
Contenders = dict[str, Callable[[], tuple[Ran, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Far:
    """The service behind the delaying proxy. `env` is what a client needs to reach it, but for the token."""

    server: FaultServer
    base_url: str
    env: Mapping[str, str]

    def cancelling(
        self, command: Sequence[str], *, prefix: Sequence[str] = (), **env: str
    ) -> tuple[Ran, str]:
        """ID in the command is an order's. RuntimeError where it was not cancelled."""
        order = self.server.add_order(age_s=AGE_S)
        ran, note = self._asking([order if word == "ID" else word for word in command], prefix, env)
        if self.server.times_paid(order) != 1:
            raise RuntimeError(f"{command[:3]} cancelled nothing: a time for nothing")
        return ran, note

    def listing(self, command: Sequence[str]) -> tuple[Ran, str]:
        ran, note = self._asking(command, (), {"VSMS_TOKEN": self.server.token})
        if ran.code != 0:
            raise RuntimeError(f"{command[:3]} listed nothing: a time for nothing")
        return ran, note

    def _asking(
        self, command: Sequence[str], prefix: Sequence[str], env: Mapping[str, str]
    ) -> tuple[Ran, str]:
        before = len(self.server.requests)
        ran = run(command, {**self.env, **env}, prefix=prefix)
        asked = len(self.server.requests) - before
        return ran, f"{asked} request{'s' * (asked != 1)}"


@contextmanager
def far_service() -> Iterator[Far]:
    with FaultServer(tls="self-signed") as server, TemporaryDirectory() as directory:
        for number in range(HISTORY):
            server.add_order(status="cancelled", age_s=AGE_S + 3600 + number)
        bundle = Path(directory) / "bundle.pem"
        bundle.write_bytes(Path(certifi.where()).read_bytes() + server.certificate.read_bytes())
        with delaying_proxy(server.port, round_trip=ROUND_TRIP_S) as port:
            base_url = server.base_url.replace(f":{server.port}/", f":{port}/")
            env = {
                "VSMS_BASE_URL": base_url,
                "VSMS_RATE_LIMIT": "10000",
                "SSL_CERT_FILE": str(bundle),
                "CURL_CA_BUNDLE": str(bundle),
                "REQUESTS_CA_BUNDLE": str(bundle),
            }
            yield Far(server=server, base_url=base_url, env=env)


def cancelling(far: Far, vsms: list[str]) -> Contenders:
    token = far.server.token
    commands = {
        "vsms": [*vsms, "orders", "cancel", "ID", "--yes"],
        "SDK": [sys.executable, SDK, "cancel", far.base_url, token, "ID"],
        "curl": ["/bin/sh", "-c", CURL_CANCEL, "ID"],
    }
    return {
        who: lambda command=command: far.cancelling(command, VSMS_TOKEN=token)  # type: ignore[misc] # a lambda's default has no annotation
        for who, command in commands.items()
    }


def listing(far: Far, vsms: list[str]) -> Contenders:
    for _ in range(WAITING):
        far.server.add_order(age_s=AGE_S)
    commands = {
        "vsms": [*vsms, "orders", "list"],
        "SDK": [sys.executable, SDK, "list", far.base_url, far.server.token],
        "curl": ["/bin/sh", "-c", CURL_LIST],
    }
    return {who: lambda command=command: far.listing(command) for who, command in commands.items()}  # type: ignore[misc] # as above


@contextmanager
def keyring_beside_variable(far: Far, vsms: list[str]) -> Iterator[Contenders]:
    """The same cancel with the token in a real Secret Service, and with the same services running and the token in the
    environment: what the keyring itself costs.
    """
    with secret_service() as service:
        _sign_in(service, far, vsms)
        command = [*vsms, "orders", "cancel", "ID", "--yes"]
        home = {"HOME": str(service.home), "VSMS_CONFIG_DIR": str(service.home)}
        yield {
            "keyring": lambda: far.cancelling(command, prefix=service.prefix, **home),
            "variable": lambda: far.cancelling(
                command, prefix=service.prefix, **home, VSMS_TOKEN=far.server.token
            ),
        }


def _sign_in(service: SecretService, far: Far, vsms: list[str]) -> None:
    done = subprocess.run(
        [*service.prefix, *vsms, "auth", "login", "--with-token"],
        env={**service.env, **far.env, "VSMS_CONFIG_DIR": str(service.home)},
        input=far.server.token,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"no token could be stored: {done.stderr}")
