"""`vsms auth status`"""

from vsms_cli.cli.auth.account import email_of
from vsms_cli.cli.options import command
from vsms_cli.cli.printing import print_one
from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.shape import shape_of
from vsms_cli.domain.errors import ExitCode, TokenMissing, TokenRefused, VsmsError
from vsms_cli.domain.money import CURRENCY, dollars
from vsms_cli.render.documents import Row
from vsms_cli.render.safe import safe
from vsms_cli.store.credentials import mask

FIELDS = ("profile", "account", "host", "token_source", "token", "valid", "balance", "currency")


@command("status", examples=("vsms auth status", "vsms auth status --json"))
def app(run: Runtime) -> ExitCode:
    """Say which token is in force, where it comes from, whether the service takes it, and the balance."""
    shape = shape_of(run, FIELDS, ids=False)
    row, stopped = _look(run)
    print_one(run, shape, row, for_a_person=lambda: _in_words(row))
    if stopped is not None:
        raise stopped
    return ExitCode.OK


def _look(run: Runtime) -> tuple[Row, VsmsError | None]:
    """What is known, and what kept us from knowing more. `valid` is null where the service could not be asked."""
    row: dict[str, str | None] = dict.fromkeys(FIELDS)
    row |= {"profile": run.settings.profile.value, "host": run.host, "currency": CURRENCY}
    if run.in_sandbox:
        row |= {"token_source": "none needed"}
    else:
        try:
            found = run.token()
        except TokenMissing as exc:
            return row, exc
        row |= {"token_source": found.source.description, "token": mask(found.token)}
    try:
        balance = run.client.balance().amount
    except VsmsError as exc:
        return {**row, "valid": False if isinstance(exc, TokenRefused) else None}, exc
    return {**row, "valid": True, "balance": balance, "account": email_of(run.client)}, None


def _in_words(row: Row) -> str:
    width = max(map(len, FIELDS))
    return "".join(f"{name.ljust(width)}  {safe(text)}\n" for name, text in _words(row))


def _words(row: Row) -> list[tuple[str, str]]:
    said = {True: "yes", False: "no: the service refuses it", None: "not known"}
    balance = row["balance"]
    texts = {
        "profile": str(row["profile"]),
        "account": str(row["account"] or "not known"),
        "host": str(row["host"]),
        "token source": str(row["token_source"] or "none"),
        "token": str(row["token"] or "none"),
        "valid": said[row["valid"] if isinstance(row["valid"], bool) else None],
    }
    if balance is not None:
        texts["balance"] = dollars(balance)  # type: ignore[arg-type] # a Decimal: see _look
    return list(texts.items())
