"""`vsms api`"""

import re
from typing import Annotated, Final

import typer

from vsms_cli.api.wire import refuse_no_answer
from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, UsageMistake
from vsms_cli.render.safe import safe

_PATH: Final = re.compile(r"/?[A-Za-z0-9_~-][A-Za-z0-9_.~-]*(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*/?", re.ASCII)
_LONGEST: Final = 200  # characters; the longest path of the API has some 60
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}", re.ASCII)


@command(
    "api",
    rows=False,
    examples=("vsms api customer/balance", "vsms api customer/orders -f limit=5 -f status=waiting | jq ."),
)
def app(
    run: Runtime,
    *,
    path: Annotated[str, typer.Argument(metavar="PATH", help="Below the base URL: customer/orders.")],
    field: Annotated[
        list[str] | None,
        typer.Option("--field", "-f", metavar="NAME=VALUE", help="A parameter of the query."),
    ] = None,
) -> ExitCode:
    """Print the answer of a GET as the service sent it, within the rate limit. The token is struck out.

    GET alone: what moves money goes through its own command, with the journal.
    """
    wanted, parameters = _path(path), dict(map(_parameter, field or ()))
    answer = run.client.raw(wanted, parameters)
    body = answer.decode("utf-8", "backslashreplace")
    text = body if body.endswith("\n") else f"{body}\n"
    if run.streams.out.is_terminal:
        text = "".join(f"{safe(line)}\n" for line in text.removesuffix("\n").split("\n"))
    run.streams.out.write(text)
    refuse_no_answer(answer)
    return ExitCode.OK


def _path(text: str) -> str:
    if len(text) > _LONGEST or _PATH.fullmatch(text) is None:
        raise UsageMistake(
            f"{text[:60]!r} is not a path of the API",
            hint="write it as customer/orders: no host, no `..`, no `?` (parameters go with -f name=value)",
        )
    return f"/{text.strip('/')}"


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or _NAME.fullmatch(name) is None:
        raise UsageMistake(f"{text[:60]!r} is not a parameter", hint="write it as -f name=value")
    return name, value
