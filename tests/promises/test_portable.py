"""Portable by construction: what only POSIX has stands behind a branch. Tested on Linux, as README says."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from promises.test_readme import README, ROOT
from support.vsms import Vsms

SOURCE = sorted((ROOT / "src").rglob("*.py"))
POSIX_MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
POSIX_NAMES = {
    "os": {
        *("fork", "forkpty", "getpgid", "setsid", "killpg", "kill", "getuid", "geteuid", "getgid", "chown", "mkfifo"),
        *("fchmod", "nice", "uname", "wait", "waitpid", "openpty", "O_CLOEXEC", "O_NOFOLLOW", "O_DIRECTORY"),
        *("O_NONBLOCK", "O_SYNC", "set_blocking", "sched_getaffinity", "getloadavg", "statvfs"),
    },
    "signal": {
        *("SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGPIPE", "SIGWINCH", "SIGTSTP"),
        *("SIGCONT", "SIGCHLD", "alarm", "setitimer", "pause", "pthread_sigmask", "pthread_kill", "sigwait"),
    },
    "select": {"poll", "epoll", "kqueue"},
    "time": {"tzset", "clock_gettime", "pthread_getcpuclockid"},
}  # fmt: skip
POSIX_PLACES = ("/proc", "/dev/", "/tmp", "/etc", "/var", "/usr", "/bin", "/run")  # noqa: S108 - to be found, not used


@pytest.mark.parametrize("path", SOURCE, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_posix_alone_has_stands_behind_a_branch(path: Path) -> None:
    found = [f"line {node.lineno}: {what}" for node, what in unguarded(ast.parse(path.read_text()))]
    assert not found


def unguarded(tree: ast.AST) -> Iterator[tuple[ast.stmt | ast.expr, str]]:
    for node in ast.iter_child_nodes(tree):
        if is_guard(node):
            continue
        match node:
            case ast.Import(names=names):
                yield from ((node, name.name) for name in names if name.name in POSIX_MODULES)
            case ast.ImportFrom(module=str(module)) if module in POSIX_MODULES:
                yield node, module
            case ast.Attribute(value=ast.Name(id=module), attr=name) if name in POSIX_NAMES.get(module, ()):
                yield node, f"{module}.{name}"
            case ast.Constant(value=str(text)) if text.startswith(POSIX_PLACES):
                yield node, text
        yield from unguarded(node)


def is_guard(node: ast.AST) -> bool:
    """`try: … except ImportError`, or an `if` that asks for the platform."""
    match node:
        case ast.Try(handlers=handlers):
            return any(isinstance(one.type, ast.Name) and one.type.id == "ImportError" for one in handlers)
        case ast.If(test=test):
            return any(ask in ast.unparse(test) for ask in ("sys.platform", "os.name"))
        case _:
            return False


def test_the_search_finds_what_it_is_for() -> None:
    text = "import fcntl\nos.kill(1, 2)\nx = signal.SIGHUP\nopen('/proc/self')\nif os.name == 'posix':\n    import tty"
    assert [what for _, what in unguarded(ast.parse(text))] == [
        "fcntl",
        "os.kill",
        "signal.SIGHUP",
        "/proc/self",
    ]


NOT_POSIX = """
import os, signal, sys
for name in ("termios", "tty", "pwd", "grp", "resource", "pty", "syslog"):
    sys.modules[name] = None
for name in ("SIGHUP", "SIGQUIT", "SIGUSR1", "SIGALRM", "SIGPIPE", "SIGWINCH"):
    delattr(signal, name)
for name in ("O_CLOEXEC", "getuid", "geteuid", "fork", "kill", "fchmod"):
    delattr(os, name)
"""


def test_without_the_names_that_windows_lacks_the_sandbox_works(vsms: Vsms, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NOT_POSIX)
    # Measuring coverage takes some of these names itself.
    env = {"PYTHONPATH": str(tmp_path), "COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""}
    for line in (
        ("--sandbox", "orders", "list"),
        ("--sandbox", "orders", "cancel", "--country", "AR", "--yes"),
        ("--sandbox", "refunds", "audit"),
        ("config", "show"),
        ("help", "environment"),
    ):
        done = vsms.process(*line, env=env)
        assert done.code == 0, done.err
        assert done.out


def test_readme_says_where_it_is_tested() -> None:
    assert "It is tested on Linux" in README
