"""The entry point: exit codes, the last except, signals, and how an error is printed."""

import errno
import gc
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from vsms_cli import __version__

if TYPE_CHECKING:
    from vsms_cli.domain.errors import VsmsError

_GARBAGE: Final = 50_000  # objects before it is looked for; at Python's 700 that took 5 % of a short command
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def main() -> None:
    """The console script. Ends the process with one of `domain.errors.ExitCode`."""
    gc.set_threshold(_GARBAGE)
    try:
        if sys.argv[1:] == ["--version"]:
            _end(run(sys.argv[1:]))
        from vsms_cli.cli.early_start import EARLY  # noqa: PLC0415 - see run
        from vsms_cli.render.blocking_io import wait_for_streams  # noqa: PLC0415 - see run

        EARLY.begin(sys.argv[1:])
        wait_for_streams()
        code = run(sys.argv[1:])
        EARLY.close()
    except KeyboardInterrupt:  # in the first instant, before we listen to signals
        code = 130
    _end(code)


def _end(code: int) -> NoReturn:
    """End at once: taking some 400 modules apart costs a tenth of a short command, and nothing waits for it.

    Every write flushes, so nothing is left in a buffer; what was opened is closed by `Runtime`, and a thread that
    still reads has nothing to say any more. mypy ends so too.
    """
    os._exit(code)


def run(argv: Sequence[str]) -> int:
    """One command; its exit code. Nothing is raised."""
    if list(argv) == ["--version"]:  # before Typer is imported: 15 ms instead of 90
        return _print_version()
    if list(argv[:1]) == ["__complete"]:  # likewise: a Tab must not be felt
        from vsms_cli.cli.completion_candidates import complete  # noqa: PLC0415 - see above

        return complete(argv[1:])
    from vsms_cli.cli.runtime import STOP  # noqa: PLC0415 - see above
    from vsms_cli.cli.signals import Signalled  # noqa: PLC0415 - as above
    from vsms_cli.domain.errors import ExitCode, NoThread, StdoutUnwritable, VsmsError  # noqa: PLC0415 - as above

    try:
        with STOP.listening():
            return _dispatch(argv)
    except Signalled as exc:
        if _wants_json(argv):
            from vsms_cli.domain.errors import Interrupted  # noqa: PLC0415 - as above

            _tell(Interrupted("ended by a signal"), argv)
        else:
            _print_to_stderr(["", f"ended by {exc.source}"])  # behind a question, or what the terminal echoed
        return exc.exit_code
    except VsmsError as exc:
        code = _tell(exc, argv)
        return STOP.exit_code if STOP.requested and code == ExitCode.INTERRUPTED else code
    except SystemExit:  # Typer's own end, where its help is read by nobody
        return ExitCode.CLOSED_PIPE
    except MemoryError:
        return _tell(
            VsmsError("there is not enough memory", hint="end other programs, or raise the limit"), argv
        )
    except Exception as exc:  # noqa: BLE001 - the last except: whatever reaches it is a mistake of ours
        if isinstance(exc, RuntimeError) and "start new thread" in str(exc):
            return _tell(NoThread(), argv)
        if isinstance(exc, OSError) and exc.errno in _NO_ROOM:  # Typer's help on a full disk
            return _tell(StdoutUnwritable(f"stdout can't be written: {exc.strerror}"), argv)
        if (
            type(exc).__module__ == "vsms_cli.sandbox.errors"
        ):  # what plays the service shares no error with us
            hint = "free disk space there, or name another directory with VSMS_STATE_DIR"
            return _tell(VsmsError(str(exc), hint=hint), argv)
        return _tell_crash(exc, argv)


def _dispatch(argv: Sequence[str]) -> int:
    from typer.main import get_command  # noqa: PLC0415 - see run

    from vsms_cli.cli.app import app  # noqa: PLC0415 - see run
    from vsms_cli.domain.errors import UsageMistake  # noqa: PLC0415 - see run

    if any("\ud800" <= char <= "\udfff" for word in argv for char in word):
        raise UsageMistake("an argument has bytes that are no text", hint="write it in UTF-8")
    try:
        return int(get_command(app).main(list(argv), prog_name="vsms", standalone_mode=False) or 0)
    except Exception as exc:
        # Typer's usage errors; named by what they can do, because where they live changes between releases.
        told = getattr(exc, "format_message", None)
        if told is None:
            raise
        if type(exc).__name__ == "NoArgsIsHelpError":  # a bare group: its help, as with --help
            from typer import echo  # noqa: PLC0415 - see run

            echo(exc.ctx.get_help())  # type: ignore[attr-defined] # Typer's; named as above
            return 0
        from vsms_cli.cli.usage_errors import usage_mistake  # noqa: PLC0415 - see run

        raise usage_mistake(exc, told(), argv) from exc


def _tell(error: "VsmsError", argv: Sequence[str]) -> int:
    from vsms_cli.domain.errors import StreamClosed, UsageMistake  # noqa: PLC0415 - see run
    from vsms_cli.render.errors import problem_lines  # noqa: PLC0415 - see run

    if isinstance(error, UsageMistake):  # a token typed as an argument is repeated nowhere
        error.message = re.sub(r"vsms_[^\s()'\"]{4,}", "vsms_…", error.message)
    if error.hint or type(error) is not StreamClosed:  # nobody reads a message about it
        _print_to_stderr(problem_lines(error.as_problem(), as_json=_wants_json(argv), width=None))
    return error.exit_code


def _tell_crash(exc: Exception, argv: Sequence[str]) -> int:
    """One line, and never a local variable: one of them may be the token."""
    from vsms_cli.domain.errors import VsmsError  # noqa: PLC0415 - see run

    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = (
        ""
        if trace is None
        else f" in {trace.tb_frame.f_code.co_filename.rpartition(os.sep)[2]}:{trace.tb_lineno}"
    )
    crash = VsmsError(
        f"crashed: {type(exc).__name__}{where} (vsms {__version__})",
        hint="this is a mistake of vsms, which is not the vendor's: report this line where you got vsms from, with the"
        " output of `vsms doctor`; the journal keeps what was sent",
    )
    return _tell(crash, argv)


def _wants_json(argv: Sequence[str]) -> bool:
    """Whether a script reads our errors; looked up here because it must hold before anything is parsed."""
    words = list(argv)
    for index, word in enumerate(words):
        if word in {"--json", "--output=json", "--output=ndjson"} or _JSON_IN_A_CLUSTER.fullmatch(word):
            return True
        names_format = word == "--output" or _FORMAT_FOLLOWS.fullmatch(word)
        if names_format and words[index + 1 : index + 2] in (["json"], ["ndjson"]):
            return True
    said = any(word.startswith(("-o", "--output", "-q", "--quiet")) for word in words)
    return not said and _default_format() in {"json", "ndjson"}


# Short options stand together: `-yojson`, `-yo json`. Those of ours that take no value are q, y and h.
_JSON_IN_A_CLUSTER: Final = re.compile(r"-[qyh]*o=?(?:json|ndjson)")
_FORMAT_FOLLOWS: Final = re.compile(r"-[qyh]*o")


def _default_format() -> str | None:
    """As the environment or config.toml has it; None also where either can't be used, which is said elsewhere."""
    from vsms_cli.domain.errors import VsmsError  # noqa: PLC0415 - see run
    from vsms_cli.store.paths import Paths  # noqa: PLC0415 - see run
    from vsms_cli.store.settings import Options, load_settings  # noqa: PLC0415 - see run

    said = os.environ.get("VSMS_OUTPUT")
    if said:
        return said
    try:
        return load_settings(Options(), os.environ, Paths.from_environment(os.environ)).output.value
    except (VsmsError, MemoryError):
        return None


def _print_to_stderr(lines: Sequence[str]) -> None:
    from vsms_cli.render.line_wrapping import folded  # noqa: PLC0415 - see run
    from vsms_cli.render.streams import Err, width_of  # noqa: PLC0415 - see run

    err = Err(sys.stderr)
    for line in lines:
        as_it_is = line.startswith("{") or not err.is_terminal
        err.line(line if as_it_is else folded(line, width_of(os.environ)))


def _print_version() -> int:
    if sys.stdout is None:
        return 141
    try:
        sys.stdout.write(f"vsms {__version__}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        return 141
    except OSError as exc:
        _print_to_stderr([f"vsms: stdout can't be written: {exc.strerror}"])
        return 1
    return 0
