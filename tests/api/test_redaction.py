"""A token that the service sends back is not shown, however it is spelt."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.parts import CANCEL, TOKEN, Rig
from support.fault_server import FaultServer
from vsms_cli.api.redaction import redact
from vsms_cli.api.strict_json import decode
from vsms_cli.api.transport import Transport
from vsms_cli.domain.mutation_answers import Refused

tokens = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=12, max_size=40)


def spelt(text: str, which: list[bool]) -> str:
    """As JSON's text, the characters chosen by `which` as escapes."""
    parts = []
    for number, char in enumerate(text):
        escaped = which[number % len(which)] if which else False
        parts.append(f"\\u{ord(char):04x}" if escaped else json.dumps(char)[1:-1])
    return "".join(parts)


@given(tokens, st.lists(st.booleans(), min_size=1, max_size=40), st.text(max_size=9), st.text(max_size=9))
@example(TOKEN, [True], "", "")
@example('vsms_a"b\\c/d/e', [True, False], "\\", "\\")
@example("////////////", [False], "/", "")
@example("0" * 12, [False], "\x10", "")  # an escape that ends as the token begins
def test_a_token_is_struck_out_in_every_spelling(
    token: str, which: list[bool], before: str, after: str
) -> None:
    slashed = re.sub(r"(?<!\\)/", r"\\/", spelt(token, which)) if which[0] else spelt(token, which)
    text = json.dumps(before)[1:-1] + slashed + json.dumps(after)[1:-1]
    body = f'{{"{text}": ["{text}"]}}'.encode()
    value: Any = decode(redact(body, token))
    assert token not in value
    (key,) = value
    assert token not in key
    assert "[token]" in key
    assert value[key] == [key]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values, tokens)
def test_what_holds_no_token_stays_as_it_is(value: Any, token: str) -> None:
    body = json.dumps(value).encode()
    if json.dumps(token)[1:-1] not in body.decode() and token not in body.decode():
        assert redact(body, token) == body


@pytest.mark.parametrize("text", [rb"a \u0041 text\path", rb"\\u0076sms_", b"\\"])
def test_a_text_without_it_keeps_its_backslashes(text: bytes) -> None:
    assert redact(text, TOKEN) == text
    assert redact(text + TOKEN.encode(), TOKEN).endswith(b"[token]")


def test_a_short_token_could_be_part_of_good_json_and_is_left() -> None:
    assert redact(b'{"a": true}', "true") == b'{"a": true}'


def test_it_is_struck_from_refusals_and_from_fields() -> None:
    escaped = "".join(f"\\u{ord(char):04X}" for char in TOKEN)
    with FaultServer() as server:
        transport = Transport(base_url=server.base_url, token=TOKEN, time_limit=5)
        client = Rig(transport).client
        for answer in ("404 Not Found", "200 OK"):
            body = f'{{"error": "no {escaped} here", "email": "{escaped}"}}'
            head = f"HTTP/1.1 {answer}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
            server.fault("cancel" if "404" in answer else "profile", raw=(head + body).encode())
        end = client.cancel(CANCEL, price=Decimal(1))
        email = client.account().email
        transport.close()
    assert isinstance(end, Refused)
    assert end.problem.message.endswith("no [token] here")
    assert email == "[token]"
