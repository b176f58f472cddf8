"""`vsms auth`: the token, where it lies, and which profile is in force."""

import contextlib
import getpass
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.name_hints import near_guess
from vsms_cli.cli.output_shape import shape_of
from vsms_cli.cli.row_output import print_one
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import (
    ConfirmationNeeded,
    Declined,
    ExitCode,
    TokenMissing,
    TokenRefused,
    UsageMistake,
    VsmsError,
)
from vsms_cli.domain.money import CURRENCY, dollars
from vsms_cli.render.details import facts_text
from vsms_cli.render.documents import Row
from vsms_cli.store.base_url import service_name
from vsms_cli.store.settings import Source, set_active_profile
from vsms_cli.store.token_lookup import (
    COPY_IT_ANEW,
    check_new_token,
    check_token,
    environment_token_variable,
    keep_out_of_core_dumps,
    mask,
    read_token_line,
)

if TYPE_CHECKING:  # help and completion import this module, and httpx costs 60 ms
    from vsms_cli.api.client import Client


@command(
    "login",
    examples=(
        "vsms auth login",
        "vsms auth login --profile work",
        "pass show virtualsms | vsms auth login --with-token",
    ),
    rows=False,
)
def login(
    run: Runtime,
    *,
    with_token: Annotated[bool, typer.Option("--with-token", help="Read the token from stdin.")] = False,
    insecure_storage: Annotated[
        bool,
        typer.Option("--insecure-storage", help="Keep it in a file of mode 0600 instead of the keyring."),
    ] = False,
) -> ExitCode:
    """Check a token with the balance call, then store it in the OS keyring. It is never taken from the command line."""
    if run.in_sandbox:
        raise UsageMistake("the sandbox needs no token", hint="leave out --sandbox to sign in to the service")
    variable = environment_token_variable(run.env)
    service, profile = service_name(run.settings.base_url.value), run.settings.profile.value
    if with_token and sys.stdin is None:
        raise UsageMistake("--with-token reads the token from stdin, which is closed")
    if not (with_token or run.interactive):  # without a terminal getpass would echo
        raise ConfirmationNeeded(
            "there is no terminal to ask for the token on", hint="give it on stdin with --with-token"
        )
    keep_out_of_core_dumps()
    if not insecure_storage:  # before the token is asked for: a locked keyring could not keep it
        run.token_store.keyring.read(service, profile)
    token = _new_token(run, from_stdin=with_token)
    client = run.client_for(token)
    try:
        balance = client.balance()
    except TokenRefused as exc:  # its own hint is about a token that is in force
        raise TokenRefused(exc.message, hint=f"nothing was stored; {COPY_IT_ANEW}") from exc
    email = email_of(client)
    source = run.token_store.store(service, profile, token, insecure=insecure_storage)
    run.notify(
        f"signed in to {run.host}{'' if email is None else f' as {email}'}, balance {dollars(balance.amount)}"
    )
    run.notify(f"token {mask(token)} of profile {profile} is kept in {source.description}")
    if variable is not None:
        run.notify(f"{variable} is set and goes before it: unset it to use the token that was just stored")
    return ExitCode.OK


def _new_token(run: Runtime, *, from_stdin: bool) -> str:
    try:
        return check_new_token(read_token_line(sys.stdin) if from_stdin else _asked(run))
    except TokenMissing as exc:  # its own hint is about a token that is in force
        raise TokenMissing(exc.message, hint=f"nothing was sent or stored; {COPY_IT_ANEW}") from exc


def _asked(run: Runtime) -> str:
    """Ask with hidden input."""
    try:
        text = _hidden(f"Token for {run.host} (hidden): ")
    except EOFError:
        raise Declined("no token was given; nothing was stored") from None
    except UnicodeError:
        text = "\ufffd"  # bytes that are no text: refused as any other that is not ASCII
    return check_token(text)


def _hidden(prompt: str) -> str:
    """Asked without an echo. After Ctrl-Z and `fg` the shell has switched it on again, so it is hidden once more."""
    if sys.platform != "win32":
        import termios  # noqa: PLC0415 - Windows has none

        def hide_again(_number: int, _frame: object) -> None:
            with contextlib.suppress(OSError, termios.error), open("/dev/tty", "r+b", buffering=0) as tty:  # noqa: PTH123
                now = termios.tcgetattr(tty)
                now[3] &= ~termios.ECHO
                termios.tcsetattr(tty, termios.TCSANOW, now)
                tty.write(f"\r\n{prompt}".encode())

        before = signal.signal(signal.SIGCONT, hide_again)
        try:
            return getpass.getpass(prompt, stream=None)
        finally:
            signal.signal(signal.SIGCONT, before)
    else:
        return getpass.getpass(prompt, stream=None)


STATUS_FIELDS = ("profile", "account", "host", "token_source", "token", "valid", "balance", "currency")


@command("status", examples=("vsms auth status", "vsms auth status --json"))
def status(run: Runtime) -> ExitCode:
    """Say which token is in force, where it comes from, whether the service takes it, and the balance."""
    shape = shape_of(run, STATUS_FIELDS, ids=False)
    row, where, stopped = _look(run)
    print_one(run, shape, row, text=lambda: facts_text(_words(row, where), run.streams.out_surface))
    if stopped is not None:
        raise stopped
    return ExitCode.OK


def _look(run: Runtime) -> tuple[Row, str, VsmsError | None]:
    """What is known, where the token lies in words, and what kept us from knowing more. `valid` is null where the
    service could not be asked.
    """
    where = "none needed" if run.in_sandbox else "none"
    row: dict[str, str | None] = dict.fromkeys(STATUS_FIELDS)
    row |= {"profile": run.settings.profile.value, "host": run.host, "currency": CURRENCY}
    if run.in_sandbox:
        row |= {"token_source": "none"}
    else:
        try:
            found = run.token()
        except TokenMissing as exc:
            return row, where, exc
        where = found.source.description
        row |= {"token_source": found.source.what.value, "token": mask(found.token)}
    try:
        balance = run.client.balance().amount
    except VsmsError as exc:
        return {**row, "valid": False if isinstance(exc, TokenRefused) else None}, where, exc
    return {**row, "valid": True, "balance": balance, "account": email_of(run.client)}, where, None


def _words(row: Row, where: str) -> dict[str, str]:
    said = {True: "yes", False: "no: the service refuses it", None: "not known"}
    balance = row["balance"]
    texts = {
        "profile": str(row["profile"]),
        "account": str(row["account"] or "not known"),
        "host": str(row["host"]),
        "token source": where,
        "token": str(row["token"] or "none"),
        "valid": said[row["valid"] if isinstance(row["valid"], bool) else None],
    }
    if balance is not None:
        texts["balance"] = dollars(balance)  # type: ignore[arg-type] # a Decimal: see _look
    return texts


@command("logout", examples=("vsms auth logout", "vsms auth logout --profile work"), rows=False)
def logout(run: Runtime) -> ExitCode:
    """Remove the profile's stored token. This does not revoke it; twice is fine."""
    profile = run.settings.profile.value
    removal = run.token_store.delete(service_name(run.settings.base_url.value), profile)
    if removal.found:
        run.notify(f"the token of profile {profile} for {run.host} was removed from this machine")
    elif removal.unasked is None:
        run.notify(f"no token of profile {profile} for {run.host} was stored")
    else:
        run.notify(
            f"no token of profile {profile} for {run.host} is known on this machine: nothing was removed"
            f" ({removal.unasked.message})"
        )
    run.notify("logging out does not revoke it: a token is revoked on the account's page")
    variable = environment_token_variable(run.env)
    if variable is not None:
        run.notify(f"{variable} is set and still supplies a token")
    return ExitCode.OK


@command("switch", examples=("vsms auth switch work",), rows=False)
def switch(
    run: Runtime,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A profile that signed in before.")],
) -> ExitCode:
    """Make another profile the one in force, in config.toml."""
    known = run.token_store.profiles.names(service_name(run.settings.base_url.value))
    if name not in known:
        names = f"there are {', '.join(known)}; " if known else ""
        raise UsageMistake(
            f"no profile {name[:64]!r} has signed in to {run.host}",
            hint=f"{near_guess(name, known)}{names}`vsms auth login --profile NAME` makes one",
        )
    set_active_profile(run.paths, name)
    run.notify(f"profile {name} is in force for {run.host}")
    if run.settings.profile.source is Source.ENVIRONMENT:
        run.notify("VSMS_PROFILE is set and goes before it")
    return ExitCode.OK


@command(
    "token",
    examples=(
        'curl -H @<(echo "X-API-Key: $(vsms auth token)") https://virtualsms.io/api/v1/customer/balance',
    ),
    rows=False,
)
def token(run: Runtime) -> ExitCode:
    """Print the token in force, for another program. Nothing is sent."""
    if run.in_sandbox:
        raise UsageMistake("the sandbox has no token", hint="leave out --sandbox")
    run.streams.out.line(run.token().token)
    return ExitCode.OK


def email_of(client: "Client") -> str | None:
    """The account's e-mail; None where the deployment does not give it. The profile is shown, and proves nothing."""
    try:
        return client.account().email
    except VsmsError:
        return None
