"""The token of nearly every test: it must come out nowhere, whatever a test is about."""

from pathlib import Path

CANARY = "vsms_0123456789abcdef0123456789abcdef"

# Where a test itself puts it: --insecure-storage, files for VSMS_TOKEN_FILE, a keyring backend that steals.
_MAY_HOLD_IT = frozenset({"tokens.json", "token", "stolen"})


def assert_unspoken(said: str, args: tuple[str, ...]) -> None:
    """In no output, but that of `auth token`."""
    assert CANARY not in said or ("auth" in args and "token" in args), f"{args} told the token:\n{said}"


def assert_in_no_file(home: Path) -> None:
    """In no journal, cache, log or whatever else was left behind."""
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.name not in _MAY_HOLD_IT and _readable(path):
            assert CANARY.encode() not in path.read_bytes(), f"the token lies in {path}"


def _readable(path: Path) -> bool:
    try:
        path.open("rb").close()
    except OSError:
        return False
    return True
