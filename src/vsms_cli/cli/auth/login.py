"""`vsms auth login`"""

import getpass
import sys
from typing import Annotated

import typer

from vsms_cli.cli.auth.account import email_of
from vsms_cli.cli.options import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ConfirmationNeeded, Declined, ExitCode, UsageMistake
from vsms_cli.domain.money import dollars
from vsms_cli.store.credentials import check_token, environment_token_variable, mask, read_token_line
from vsms_cli.store.settings import service_name


@command(
    "login",
    examples=(
        "vsms auth login",
        "vsms auth login --profile work",
        "pass show virtualsms | vsms auth login --with-token",
    ),
    rows=False,
)
def app(
    run: Runtime,
    *,
    with_token: Annotated[bool, typer.Option("--with-token", help="Read the token from stdin.")] = False,
    insecure_storage: Annotated[
        bool,
        typer.Option("--insecure-storage", help="Keep it in a file of mode 0600 instead of the keyring."),
    ] = False,
) -> ExitCode:
    """Prove a token with the balance call, then keep it in the OS keyring. It is never taken from the command line."""
    if run.in_sandbox:
        raise UsageMistake("the sandbox needs no token", hint="leave out --sandbox to sign in to the service")
    variable = environment_token_variable(run.env)
    token = _from_stdin() if with_token else _asked(run)
    client = run.client_for(token)
    balance = client.balance()
    email = email_of(client)
    service = service_name(run.settings.base_url.value)
    profile = run.settings.profile.value
    source = run.vault.store(service, profile, token, insecure=insecure_storage)
    run.say(
        f"signed in to {run.host}{'' if email is None else f' as {email}'}, balance {dollars(balance.amount)}"
    )
    run.say(f"token {mask(token)} of profile {profile} is kept in {source.description}")
    if variable is not None:
        run.say(f"{variable} is set and goes before it: unset it to use the token that was just stored")
    return ExitCode.OK


def _from_stdin() -> str:
    if sys.stdin is None:
        raise UsageMistake("--with-token reads the token from stdin, which is closed")
    return read_token_line(sys.stdin)


def _asked(run: Runtime) -> str:
    """Ask with hidden input. Without a terminal getpass would echo, so there it is refused."""
    if not run.interactive:
        raise ConfirmationNeeded(
            "there is no terminal to ask for the token on", hint="give it on stdin with --with-token"
        )
    try:
        text = getpass.getpass(f"Token for {run.host} (hidden): ", stream=None)
    except EOFError:
        raise Declined("no token was given; nothing was stored") from None
    except UnicodeError:
        text = "\ufffd"  # bytes that are no text: refused as any other that is not ASCII
    return check_token(text)
