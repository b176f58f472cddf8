"""`vsms sandbox`: serve, reset and move the embedded service."""

from datetime import timedelta
from typing import Annotated, Final

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.name_hints import unknown_word
from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.sandbox_opening import kept_aside
from vsms_cli.cli.signals import Signalled
from vsms_cli.domain.errors import ExitCode, OrderNotFound, SandboxBroken, UsageMistake, VsmsError
from vsms_cli.domain.orders import parse_id_or_beginning
from vsms_cli.domain.times import parse_duration, rfc3339
from vsms_cli.sandbox.dialects import DIALECTS
from vsms_cli.sandbox.errors import OrderUnknown, SandboxError
from vsms_cli.sandbox.fault_injection import ANY, KINDS, Fault, FaultInjection, seconds_in
from vsms_cli.sandbox.routing import OPERATIONS, Sandbox

_TOKEN: Final = "vsms_sandbox"  # noqa: S105 - the sandbox takes any token of the right form
_FAULT_HELP: Final = (
    f"Let the next COUNT requests (1, or `always`) fail. OPERATION: {', '.join(sorted(OPERATIONS))}, {ANY}. KIND: "
    + "; ".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items())
    + ". KIND-before (the same as KIND): nothing is done. KIND-after: it is done first. Repeatable; the first that"
    " fits is used."
)
_DIALECT_HELP: Final = (
    "Answer in another form than the documented one. NAME: "
    + "; ".join(f"{name}: {what}" for name, what in DIALECTS.items())
    + "."
)


@command(
    "serve",
    examples=(
        "vsms sandbox serve --port 8765",
        "vsms sandbox serve --ephemeral --fault cancel:timeout-after:2",
        "vsms sandbox serve --fault any:503:always --latency 50ms",
        "vsms sandbox serve --fault orders:429:1:5 --rate-limit 60",
        "vsms sandbox serve --dialect mixed",
    ),
    rows=False,
)
def serve_sandbox(
    run: Runtime,
    *,
    port: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=65535, help="The port.  [default: a free one]", show_default=False
        ),
    ] = 0,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="A sandbox of its own, in memory, in place of --sandbox's.")
    ] = False,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="OPERATION:KIND[:COUNT][:SECONDS]", help=_FAULT_HELP)
    ] = None,
    rate_limit: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Requests a minute for each token; then 429.  [default: no limit]"
        ),
    ] = None,
    latency: Annotated[
        str, typer.Option(metavar="TIME", help="Every answer comes so late: 50ms, 2s.")
    ] = "0s",
    hold: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="How long an order can't be cancelled or swapped.  [default: 2m]"),
    ] = None,
    dialect: Annotated[str | None, typer.Option(metavar="NAME", help=_DIALECT_HELP)] = None,
) -> ExitCode:
    """Serve the sandbox over HTTP on this machine's loopback, to any client with a token that begins with `vsms_`.

    What a client needs is printed as two `export` lines; each request is a line on stderr. Ctrl-C ends it.
    """
    try:
        trouble = FaultInjection(
            map(Fault.read, fault or ()), rate_limit=rate_limit, latency_s=seconds_in(latency)
        )
        held = None if hold is None else timedelta(seconds=seconds_in(hold))
    except SandboxError as exc:
        raise UsageMistake(str(exc), hint="see `vsms sandbox serve --help`") from exc
    if dialect is not None and dialect not in DIALECTS:
        raise unknown_word("dialect", dialect, DIALECTS)
    sandbox = run.served_sandbox(ephemeral=ephemeral, hold=held, dialect=dialect)
    return _serve(run, sandbox, port=port, trouble=trouble)


def _serve(run: Runtime, sandbox: Sandbox, *, port: int, trouble: FaultInjection) -> ExitCode:
    from vsms_cli.sandbox.server import serve  # noqa: PLC0415 - http.server is not for `--help`

    try:
        server = serve(sandbox, port, trouble=trouble, log=run.notify)
    except SandboxError as exc:
        raise VsmsError(str(exc), hint="another --port, or none for a free one") from exc
    try:
        with server:
            run.notify(f"the sandbox is at {server.base_url}, for this machine alone; Ctrl-C ends it")
            run.notify("point a client at it:")
            run.streams.out.write(f"export VSMS_BASE_URL={server.base_url}\nexport VSMS_TOKEN={_TOKEN}\n")
            server.serve_forever(poll_interval=0.1)
    except Signalled as exc:
        run.notify("the sandbox is closed")
        return exc.exit_code
    return ExitCode.OK


@command("reset", examples=("vsms sandbox reset",), rows=False)
def reset_sandbox(
    run: Runtime,
    *,
    scenario: Annotated[str, typer.Option(metavar="NAME", help="What the sandbox begins with.")] = "default",
) -> ExitCode:
    """Begin the sandbox anew: its orders, its ledger and its clock. The journal keeps what was done in it."""
    try:
        sandbox = run.sandbox
    except SandboxBroken as exc:
        run.notify(f"{exc.message}: it is kept as {kept_aside(run.paths.sandbox).name}")
        sandbox = run.sandbox
    try:
        sandbox.reset(scenario)
    except ValueError as exc:
        raise UsageMistake(str(exc)) from exc
    kept = "; its journal keeps what was sent before" if run.paths.journal.exists() else ""
    run.notify(f"the sandbox is as on its first day{kept}")
    return ExitCode.OK


@command("advance", examples=("vsms sandbox advance 20m",), rows=False)
def advance_clock(
    run: Runtime,
    *,
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="90s, 5m, 2h, 30d.")],
) -> ExitCode:
    """Move the sandbox's clock: orders grow old, and those whose time is up refund themselves."""
    try:
        now = run.sandbox.advance(parse_duration(duration))
    except SandboxError as exc:
        raise UsageMistake(str(exc)) from exc
    run.notify(f"in the sandbox it is {rfc3339(now.replace(microsecond=0))}")
    return ExitCode.OK


@command("deliver", examples=('vsms sandbox deliver 7e44c0 "Your code is 123456"',), rows=False)
def deliver_sms(
    run: Runtime,
    *,
    order_id: Annotated[str, typer.Argument(metavar="ID", help="The id, or a beginning of 6 characters.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What the SMS says.")],
) -> ExitCode:
    """Let an SMS arrive for a waiting order of the sandbox."""
    try:
        delivered = run.sandbox.deliver(parse_id_or_beginning(order_id), text)
    except OrderUnknown as exc:
        raise OrderNotFound(str(exc), hint="see `vsms --sandbox orders list`") from exc
    except SandboxError as exc:
        raise VsmsError(str(exc)) from exc
    run.notify(f"an SMS arrived for {delivered}")
    return ExitCode.OK
