"""Random answers, headers, environments and files, for as long as asked: `python tests/proof/fuzz.py 90`.

Whatever comes, a command ends with one of its exit codes and no crash, the token stands nowhere, no line is the
service's own, and nothing outside of our directories changes.
"""

import hashlib
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.fault_answers import dumps
from support.fault_server import TOKEN, FaultServer
from support.forms import ROWS
from support.vsms import Vsms
from vsms_cli.domain.errors import ExitCode
from vsms_cli.ops import mutation, prior_attempts, reconcile

FORGED: Final = "FORGED by the service"
_CODES: Final = frozenset(int(code) for code in ExitCode)
_HOSTILE: Final = (
    f"\n{FORGED}",
    f"\r\n{FORGED}\r\n",
    f"\x1b[2K\r{FORGED}",
    f"\u2028{FORGED}",
    f"\x85{FORGED}",
    f"\x0b{FORGED}",
    TOKEN,
    TOKEN.upper(),
    "\u202e\u200b\ufeff\x00\x07",
    "x" * 5000,
    "\U0001f600" * 40,
    "\ud800",
    "e\u0301" * 20,
    "../purchase",
    "$(touch x)`touch y`",
)
_NUMBERS: Final[tuple[Any, ...]] = (-1, 0, 1e308, 10**30, "0.80", "NaN", None, True, [], {}, -0.0, 0.1 + 0.2)
_STATUSES: Final = (
    *[200] * 6,
    201,
    204,
    301,
    400,
    401,
    403,
    404,
    407,
    409,
    425,
    500,
    502,
    522,
)  # 429 and 503 make it wait
_HEADERS: Final = (
    b"Retry-After: 0",
    b"Retry-After: soon",
    b"Content-Encoding: none",
    b"Date: yesterday",
    b"Date: Thu, 01 Jan 1970 00:00:00 GMT",
    b"Set-Cookie: a=" + b"b" * 3000,
    b"X-Echo: " + TOKEN.encode(),
    b"Content-Type: text/html",
    b"Location: http://127.0.0.1:1/",
    b"\xff\xfe: x",
)


@dataclass(slots=True)
class Found:
    """What came of it: exit codes, and whatever should not have been."""

    codes: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def runs(self) -> int:
        return self.codes.total()


def fuzz(seconds: float, *, seed: int) -> Found:
    dice, found = random.Random(seed), Found()
    until = time.monotonic() + seconds
    with _short_waits():
        _until(until, dice, found)
    return found


@contextmanager
def _short_waits() -> Iterator[None]:
    """What the waits are for is tried elsewhere: here as many commands as can be are to meet odd answers."""
    before = [
        (module, name, getattr(module, name))
        for module in (reconcile, prior_attempts, mutation)
        for name in ("LAG_S", "DOUBT_S")
        if hasattr(module, name)
    ]
    for module, name, _ in before:
        setattr(module, name, 0.05)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _until(until: float, dice: random.Random, found: Found) -> None:
    while time.monotonic() < until and len(found.wrong) < 5:
        with (
            FaultServer(dialect=dice.choice((None, "go", "strings", "mixed"))) as server,
            TemporaryDirectory() as home,
        ):
            _one_home(dice, server, Path(home), found, until)


def _one_home(dice: random.Random, server: FaultServer, home: Path, found: Found, until: float) -> None:
    kept = home / "kept"
    kept.mkdir()
    (kept / ".bashrc").write_text("alias ls=ls\n")
    (kept / "mail").write_text("dear me\n")
    before = _digest(kept)
    orders = [server.add_order(age_s=dice.choice((30, 300, 1100))) for _ in range(3)]
    orders.append(server.add_order(status="completed"))
    rental = server.add_rental()
    vsms = Vsms(home / "own", {}, measured=False)
    for number in range(12):
        if time.monotonic() > until:
            return
        server.clear()
        for _ in range(dice.choice((1, 1, 2, 4))):
            server.fault(
                "any", "raw", raw=_answer(dice), times=dice.choice((1, 2, None)), skip=dice.choice((0, 0, 1))
            )
        _plant(dice, vsms)
        words = dice.choice(_commands(orders, rental, dice))
        env = _environment(dice, server, kept)
        try:
            done = vsms(*words, env=env)
        except BaseException as exc:  # noqa: BLE001 - whatever gets out is what is looked for
            found.wrong.append(f"{number} {words} {env}: {type(exc).__name__}: {exc}"[:2000])
            continue
        found.codes[int(done.code)] += 1
        found.wrong += [
            f"{words} {env}: {why}\n{done.out[-600:]}\n{done.err[-600:]}"
            for why in _wrong(words, done.code, done.out, done.err)
        ]
        if _digest(kept) != before:
            found.wrong.append(f"{words} {env}: a file outside of our directories changed")


def _wrong(words: tuple[str, ...], code: int, out: str, err: str) -> Iterator[str]:
    if int(code) not in _CODES:
        yield f"exit code {code}"
    if "crashed:" in err or "Traceback" in out + err:
        yield "a crash"
    if TOKEN.lower() in (out + err).lower():
        yield "the token"
    own = out + err if words[0] != "api" else err  # which prints the answer as it came
    if any(line.startswith(FORGED) for line in own.replace("\r", "\n").splitlines()):
        yield "a line of the service's"


def _commands(orders: list[str], rental: str, dice: random.Random) -> list[tuple[str, ...]]:
    order = dice.choice(orders)
    form = dice.choice(("table", "tsv", "csv", "json", "ndjson", "ids"))
    shaped = [
        ("orders", "list", "--all"),
        ("orders", "list", "--country", "AR"),
        ("orders", "show", order),
        ("orders", "cancel", order, "--yes"),
        ("orders", "cancel", "--all", "--dry-run"),
        ("orders", "refund", order, "--reason", "other", "--yes"),
        ("rentals", "list"),
        ("rentals", "cancel", rental, "--dry-run"),
        ("transactions", "list"),
        ("refunds", "audit"),
        ("stats",),
        ("balance",),
        ("journal", "list"),
        ("config", "show"),
        ("doctor",),
    ]
    return [
        *((*line, "-o", form) for line in shaped),
        ("api", "customer/orders"),
        ("__complete", "orders", "show", ""),
    ]


def _environment(dice: random.Random, server: FaultServer, kept: Path) -> dict[str, str]:
    env = {
        "VSMS_TOKEN": server.token,
        "VSMS_BASE_URL": server.base_url,
        "VSMS_TIMEOUT": "0.1",
        "VSMS_RATE_LIMIT": "10000",
        "HOME": str(kept),
    }
    odd = {
        "COLUMNS": dice.choice(("0", "1", "-5", "99999999", "wide")),
        "TERM": dice.choice(("", "dumb", "xterm", "\x1b[2J")),
        "NO_COLOR": dice.choice(("", "1")),
        "FORCE_COLOR": dice.choice(("", "0", "1")),
        "VSMS_OUTPUT": dice.choice(("json", "wide", "")),
        "VSMS_DEBUG": dice.choice(("1", "0", "maybe")),
        "VSMS_PROFILE": dice.choice(("default", "../x", "a" * 100)),
        "LC_ALL": dice.choice(("C", "C.UTF-8", "xx_YY")),
        "VSMS_RATE_LIMIT": dice.choice(("0", "10000", "many")),
    }
    return env | {name: odd[name] for name in dice.sample(sorted(odd), dice.choice((0, 0, 1, 2)))}


def _plant(dice: random.Random, vsms: Vsms) -> None:
    """A file of ours with anything in it, sometimes; mended before the next."""
    config = vsms.config_dir / "config.toml"
    config.unlink(missing_ok=True)
    places = (config, vsms.config_dir / "profiles.json", vsms.config_dir / "tokens.json")
    for place in places[1:]:
        place.unlink(missing_ok=True)
    if dice.random() < 0.15:
        vsms.config_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = dice.choice(
            (b"", b"\xff\xfe", b"{}", b"[[[", b"timeout = 5\n", b"x = 1\n", bytes(range(256)), b"[" * 9000)
        )
        dice.choice(places).write_bytes(content)


def _answer(dice: random.Random) -> bytes:
    if dice.random() < 0.1:
        return dice.randbytes(dice.choice((0, 1, 20, 500))) + dice.choice((b"", b"\r\n\r\n"))
    body = json.dumps(_value(dice)).encode("utf-8", "surrogatepass")
    if dice.random() < 0.1:
        body = body[: dice.randrange(len(body) + 1)]
    length = len(body) if dice.random() < 0.95 else dice.choice((0, len(body) + 5, 10**12))
    head = [
        f"HTTP/1.1 {dice.choice(_STATUSES)} {dice.choice(('OK', FORGED, ''))}".encode(),
        b"Content-Length: %d" % length,
        *dice.sample(_HEADERS, dice.choice((0, 0, 0, 1, 2))),
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def _value(dice: random.Random) -> Any:
    """An answer of the API with odd values in it, or none of the API's."""
    text = dice.choice(_HOSTILE)
    row: dict[str, Any] = {
        "id": "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11",
        "phone_number": "+5491100000000",
        "service_id": "wa",
        "country_id": "AR",
        "status": "waiting",
        "price_charged": 0.8,
        "created_at": "2026-11-26T12:00:00Z",
        "messages": [{"sender": text, "content": text, "received_at": text}],
    }
    if dice.random() < 0.3:
        changed = dice.choice(ROWS).change(json.loads(json.dumps(row), parse_float=Decimal))
        row = json.loads(dumps(changed)) if isinstance(changed, dict) else row
    for name in dice.sample(sorted(row), dice.choice((0, 1, 3))):
        row[name] = dice.choice((text, *_NUMBERS))
    line = {"id": text, "amount": dice.choice(_NUMBERS), "type": text, "order_id": text, "description": text}
    answers: list[Any] = [
        {"count": dice.choice((1, 0, 99, None, text)), "orders": [row]},
        {"count": 1, "transactions": [line]},
        {"balance": dice.choice(_NUMBERS)},
        {"error": text, "message": text},
        {
            "success": dice.choice((True, False, text)),
            "status": "cancelled",
            "refund_amount": dice.choice(_NUMBERS),
        },
        {"rentals": [row]},
        {
            "services": [{"service_id": text, "service_name": text}],
            "countries": [{"country_id": text, "name": text}],
        },
        row,
        text,
        None,
        [[[[]]]],
    ]
    value = dice.choice(answers)
    return {"data": value} if dice.random() < 0.1 else value


def _digest(folder: Path) -> str:
    """Names and contents of what must stay as it is."""
    own = {"vsms"}
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not own & set(path.parts):
            found.update(str(path).encode() + path.read_bytes())
    return found.hexdigest()


def main() -> None:
    seconds = float(sys.argv[1])
    found = fuzz(seconds, seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print(f"{found.runs} commands, exit codes {dict(sorted(found.codes.items()))}, {len(found.wrong)} wrong")
    for each in found.wrong:
        print(f"  {each}")


if __name__ == "__main__":
    main()
