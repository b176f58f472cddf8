"""Options that every command has, given once: `--profile` and its like, before or after the subcommand.

A command is a plain function whose first parameter is the `Runtime`; `command` adds the common options to its
signature, makes the runtime, and sees to it that everything opened is closed.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from vsms_cli import __version__
from vsms_cli.cli.command_tree import GROUPS, ROOT
from vsms_cli.cli.runtime import Common, Output, Runtime
from vsms_cli.domain.errors import ExitCode, UsageMistake
from vsms_cli.domain.record_class import fields, is_record, record
from vsms_cli.domain.times import parse_seconds

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

Body = Callable[..., ExitCode]


@record
class _Common:
    """The parameters of `Common`, as Typer reads them."""

    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Use the stored token of this profile.")
    ] = None
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Play in the sandbox: no network, no token, no money.")
    ] = False
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the API is: https, or http to loopback.")
    ] = None
    timeout: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="Time limit of a whole request.  [default: 30]")
    ] = None
    debug: Annotated[bool, typer.Option("--debug", help="Log each request to stderr, never the token.")] = (
        False
    )
    no_color: Annotated[bool, typer.Option("--no-color", help="Print without colour.")] = False


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"vsms {__version__}")
        raise typer.Exit


@record
class _Version:
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit."),
    ] = False


@record
class _Output:
    """The parameters of `Output`, for commands that print rows."""

    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FORMAT",
            help="table, tsv, csv, json, ndjson or ids.  [default: table on a terminal, else tsv]",
        ),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="The same as -o json.")] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="The same as -o ids: ids alone.")] = False
    fields: Annotated[
        str | None, typer.Option(metavar="A,B,C", help="Print these fields alone, in this order.")
    ] = None


def command(
    name: str,
    *,
    examples: Sequence[str],
    rows: bool = True,
    takes_timeout: bool = False,
    checked: bool = True,
) -> Callable[[Body], typer.Typer]:
    """A module's command. `examples` end its help, each on a line of its own; `rows` adds --output and its like;
    `takes_timeout` says that the command has a --timeout of its own, which then is not the request's;
    without `checked` it runs whatever is wrong with the settings.
    """

    def make(body: Body) -> typer.Typer:
        app = _bare_app()
        skip = {"timeout"} if takes_timeout else set()
        app.command(name, help=_help(body, examples, _summary_of(body)), context_settings=CONTEXT)(
            _with_options(body, rows=rows, skip=skip, checked=checked)
        )
        return app

    return make


def group(cls: type[Any], help_: str, *, versioned: bool = False) -> typer.Typer:
    """A group of commands that takes the common options too: `vsms orders --sandbox list`.

    `versioned` adds --version; `main` answers a bare `vsms --version` before any of this is imported.
    """
    app = _bare_app()
    parameters = _parameters(_Common) + (_parameters(_Version) if versioned else [])

    def callback(ctx: typer.Context, **given: Any) -> None:  # noqa: ANN401 - as Typer parsed them
        given.pop("version", None)
        ctx.obj = _merged(ctx, _said(given))

    callback.__doc__ = help_
    _set_signature(callback, [_CONTEXT, *parameters])
    app.callback(cls=cls, context_settings=CONTEXT, no_args_is_help=True)(callback)
    return app


def _help(body: Body, examples: Sequence[str], summary: str) -> str:
    lines = "\n".join(f"  {example}" for example in examples)
    title = "Example" if len(examples) == 1 else "Examples"
    # The backspace tells Typer to leave the paragraph's lines as they are.
    # Without docstrings (PYTHONOPTIMIZE=2) the line of the command tree has to do.
    return f"{inspect.getdoc(body) or summary}\n\n\b\n{title}:\n{lines}"


def _summary_of(body: Body) -> str:
    places = (body.__module__, f"{body.__module__}:{body.__name__}")
    found = (command for table in (ROOT, *GROUPS.values()) for command in table.values())
    return next((command.summary for command in found if command.where in places), "")


def _bare_app() -> typer.Typer:
    # Rich's help eats [brackets] and costs 60 ms; pretty exceptions can show locals.
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=CONTEXT,
    )


_CONTEXT = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


def _with_options(body: Body, *, rows: bool, skip: set[str], checked: bool) -> Callable[..., ExitCode]:
    hints = get_type_hints(body, include_extras=True)
    groups: dict[str, type[Any]] = {
        name: hint for name, hint in hints.items() if isinstance(hint, type) and is_record(hint)
    }
    own = [
        option
        for parameter in list(inspect.signature(body).parameters.values())[1:]
        for option in _own(parameter, hints[parameter.name])
    ]
    common = [parameter for parameter in _parameters(_Common) if parameter.name not in skip]
    output = _parameters(_Output) if rows else []

    @wraps(body)
    def run(ctx: typer.Context, **given: Any) -> ExitCode:  # noqa: ANN401 - as Typer parsed them
        said = _said({parameter.name: given.pop(parameter.name) for parameter in common})
        shape = Output(**{parameter.name: given.pop(parameter.name) for parameter in output})
        for name, kind in groups.items():
            given[name] = kind(**{field: given.pop(field) for field in fields(kind)})
        with Runtime(_merged(ctx, said), shape, checked=checked) as runtime:
            return body(runtime, **given)

    _set_signature(run, [_CONTEXT, *own, *output, *common])
    return run


def _said(given: dict[str, Any]) -> Common:
    timeout = given.pop("timeout", None)
    try:
        return Common(**given, timeout=None if timeout is None else parse_seconds(timeout))
    except UsageMistake as exc:
        raise UsageMistake(f"--timeout: {exc.message}", hint=exc.hint) from exc


def _own(parameter: inspect.Parameter, hint: Any) -> list[inspect.Parameter]:  # noqa: ANN401 - a type, or Annotated
    """A parameter of a command; one whose type is a record stands for an option for each of its fields."""
    if isinstance(hint, type) and is_record(hint):
        return _parameters(hint)
    return [parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY)]


def _merged(ctx: typer.Context, said: Common) -> Common:
    """What was said nearest to the command wins; a flag said anywhere holds."""
    before = ctx.obj if isinstance(ctx.obj, Common) else Common()
    # An empty name or a limit of 0 was said too, and is to be refused.
    return Common(
        **{name: getattr(before if _unsaid(getattr(said, name)) else said, name) for name in fields(Common)}
    )


def _unsaid(value: object) -> bool:
    return value is None or value is False


def _parameters(of: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(of, include_extras=True)
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[name])
        for name, default in fields(of).items()
    ]


def _set_signature(function: Callable[..., Any], parameters: list[inspect.Parameter]) -> None:
    """Give the function the signature that Typer is to read."""
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # inspect.signature honours it; typeshed does not know it
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
