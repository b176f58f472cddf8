"""Any text in every field of every answer: no control byte of the service's gets out, on a pipe or a terminal."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.fault_kinds import HOSTILE
from support.fault_server import FaultServer
from support.vsms import Vsms

OUR_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
TEXTS = st.text(
    st.characters(
        codec="utf-8", categories=["Cc", "Cf", "Zl", "Zp", "Zs", "Co", "Cn", "Mn", "So", "Po", "Lo"]
    ),
    min_size=1,
    max_size=30,
)


@pytest.fixture(scope="module")
def service() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def signed_in(home: Path, server: FaultServer) -> Vsms:
    env = {
        "VSMS_TOKEN": server.token,
        "VSMS_BASE_URL": server.base_url,
        "VSMS_RATE_LIMIT": "10000",
        "VSMS_TIMEOUT": "0.3",
    }
    return Vsms(home, env)


def harmful(text: str) -> set[str]:
    shown = OUR_COLOURS.sub("", text)
    control = {char for char in shown if char < " " or "\x7f" <= char <= "\x9f"} - {"\n", "\t"}
    return control | (set("\u2028\u2029\u202e\u2066\u200b\u200f\ufeff\u00ad") & set(shown))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS | st.text(min_size=1, max_size=30))
def test_in_a_pipe_whatever_the_text(service: FaultServer, tmp_path: Path, text: str) -> None:
    service.clear()
    order = service.add_order(status="completed")
    service.deliver(order, text, sender=text)
    service.fault("any", "hostile-text", text=text, times=None)
    vsms = signed_in(tmp_path, service)
    for line in (("orders", "list", "--all"), ("orders", "show", order), ("transactions", "list")):
        for format_ in ("table", "tsv"):
            done = vsms(*line, "-o", format_, "--debug", env={"FORCE_COLOR": "1"})
            assert not harmful(done.out + done.err)
            assert "crashed:" not in done.err
    completions = vsms("__complete", "orders", "show", "")
    assert not harmful(completions.out)


def commands(service: FaultServer, text: str) -> list[tuple[str, ...]]:
    """Those whose lines for a person hold text of the service's; `text` stands in every field of every answer."""
    completed, waiting = (service.add_order(status=status) for status in ("completed", "waiting"))
    service.deliver(completed, text, sender=text)
    service.fault("any", "hostile-text", text=text, times=None)
    return [
        ("orders", "list", "--all"),
        ("orders", "show", completed),
        ("orders", "wait", completed, "-o", "table", "--timeout", "1s"),
        ("orders", "cancel", waiting, "--yes"),
        ("orders", "refund", completed, "--reason", "code-rejected", "--yes"),
        ("transactions", "list"),
        ("refunds", "audit"),
        ("stats",),
        ("auth", "status"),
        ("journal", "list"),
    ]


# What a terminal is sent without any text of the service's: a progress line is erased.
OURS = re.compile(r"\r\x1b\[2K")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS | st.text(min_size=1, max_size=30) | st.sampled_from(["\x1b[2K\r", HOSTILE]))
def test_on_a_terminal_whatever_the_text(service: FaultServer, tmp_path: Path, text: str) -> None:
    service.clear()
    vsms = signed_in(tmp_path, service)
    for line in commands(service, text):
        done = vsms.on_a_terminal(*line, "--debug")
        assert "crashed:" not in done.out
        assert not harmful(OURS.sub("", done.out)), (line, done.out)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS | st.text(min_size=1, max_size=30))
def test_on_a_terminal_whatever_the_service_says_of_a_refusal(
    service: FaultServer, tmp_path: Path, text: str
) -> None:
    service.clear()
    vsms = signed_in(tmp_path, service)
    for kind in ("400", "422"):
        for line in commands(service, text):
            service.clear()
            service.fault("any", kind, text=text, form="text", times=None)
            done = vsms.on_a_terminal(*line)
            assert not harmful(OURS.sub("", done.out)), (line, done.out)


def test_on_a_terminal_a_swap_that_is_read_for_ten_seconds(service: FaultServer, tmp_path: Path) -> None:
    service.clear()
    order = service.add_order()
    service.fault("any", "hostile-text", text=HOSTILE, times=None)
    done = signed_in(tmp_path, service).on_a_terminal("orders", "swap", order, "--yes", "--debug")
    assert "crashed:" not in done.out
    assert not harmful(OURS.sub("", done.out)), done.out


@pytest.mark.parametrize("kind", ["hostile-text", "400"])
def test_on_a_terminal_of_its_own(service: FaultServer, vsms: Vsms, kind: str) -> None:
    service.clear()
    order = service.add_order(status="completed")
    service.deliver(order, HOSTILE, sender=HOSTILE)
    service.fault("any", kind, text=HOSTILE, form="text", times=None)
    env = signed_in(vsms.home, service).environment({"TERM": "xterm", "LC_ALL": "C.UTF-8"})
    for line in (["orders", "list", "--all"], ["orders", "show", order], ["auth", "status"]):
        words = vsms.command(*line, "--debug")
        child: Any = pexpect.spawn(words[0], words[1:], env=env, encoding="utf-8", timeout=20)
        child.expect(pexpect.EOF)
        child.close()
        assert not harmful(child.before.replace("\r\n", "\n")), child.before
