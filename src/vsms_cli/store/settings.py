"""The settings of one run, each with the place that it came from."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from vsms_cli.domain.errors import ConfigBroken, UsageMistake
from vsms_cli.domain.record_class import record
from vsms_cli.store.base_url import DEFAULT_BASE_URL, check_base_url
from vsms_cli.store.config_file import line_of, read_config, replace_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vsms_cli.store.paths import Paths

OUTPUT_FORMATS: Final = ("table", "tsv", "csv", "json", "ndjson", "ids")

_LONGEST_TIMEOUT_S: Final = 600  # the vendor's gateway gives up long before
_HIGHEST_RATE: Final = 10_000  # requests a minute; the API allows 60
_PROFILE: Final = re.compile(r"(?!vsms_[0-9A-Za-z]{12})[A-Za-z0-9._-]{1,64}", re.ASCII)  # no token by mistake
_DECIMAL: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}", re.ASCII)
_WHOLE: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})

T = TypeVar("T")


class Source(StrEnum):
    """Where a value came from, the strongest first."""

    OPTION = "option"
    ENVIRONMENT = "environment"
    CONFIG = "config.toml"
    DEFAULT = "default"


@record
class Value(Generic[T]):
    """A value and its source. `name` is how the source calls it: `--timeout`, `VSMS_TIMEOUT`, `timeout`."""

    value: T
    source: Source
    name: str


@record
class Options:
    """What the command line said. None is "not given"; a flag that is False was not given either."""

    profile: str | None = None
    base_url: str | None = None
    timeout: float | None = None
    output: str | None = None
    sandbox: bool = False
    debug: bool = False


@record
class Settings:
    """Checked values. `timeout` in seconds for a whole request, `rate_limit` in requests a minute.

    `output` is None where nobody chose one: a table on a terminal, otherwise TSV.
    """

    profile: Value[str]
    base_url: Value[str]
    timeout: Value[float]
    rate_limit: Value[int]
    output: Value[str | None]
    sandbox: Value[bool]
    debug: Value[bool]


def load_settings(options: Options, env: Mapping[str, str], paths: Paths) -> Settings:
    """Option, environment, `config.toml`, default; an empty variable counts as unset.

    UsageMistake for an option's value; ConfigBroken for a variable's that no option overrides, and for anything in
    `config.toml`, a file to be kept in order, even where something stronger overrides it. Without a home directory
    there is no `config.toml`.
    """
    config = _read(paths)

    def value(
        key: str, default: T, check: Callable[[object], T], from_text: Callable[[str], object]
    ) -> Value[T]:
        return _value(key, default, check, from_text, options=options, env=env, config=config)

    return Settings(
        profile=value("profile", "default", lambda given: check_profile(_string(given)), str),
        base_url=value("base_url", DEFAULT_BASE_URL, lambda given: check_base_url(_string(given)), str),
        timeout=value("timeout", 30.0, _timeout, _decimal),
        rate_limit=value("rate_limit", 60, _rate_limit, _whole),
        output=value("output", None, _output, str),
        sandbox=value("sandbox", False, _flag, _truth),  # noqa: FBT003 - the default of a flag
        debug=value("debug", False, _flag, _truth),  # noqa: FBT003 - as above
    )


def set_active_profile(paths: Paths, name: str) -> None:
    """Make `config.toml` name this profile. UsageMistake for a bad name, else as `replace_profile`."""
    try:
        checked = check_profile(name)
    except ValueError as exc:
        raise UsageMistake(f"a profile's name {exc}") from exc
    replace_profile(paths.config_file, checked)


def check_profile(name: str) -> str:
    """The name. ValueError with the reason where it is none."""
    if _PROFILE.fullmatch(name) is None:
        raise ValueError("must be 1 to 64 letters, digits, dots, underscores or hyphens, and no token")
    return name


_VARIABLES: Final = {
    "profile": "VSMS_PROFILE",
    "base_url": "VSMS_BASE_URL",
    "timeout": "VSMS_TIMEOUT",
    "rate_limit": "VSMS_RATE_LIMIT",
    "output": "VSMS_OUTPUT",
    "sandbox": "VSMS_SANDBOX",
    "debug": "VSMS_DEBUG",
}


@record
class _Config:
    values: dict[str, Any]
    text: str
    file: str

    def broken(self, key: str, reason: str, *, hint: str = "") -> ConfigBroken:
        return ConfigBroken(f"{self.file}, line {line_of(self.text, key)}: {key[:60]!r} {reason}", hint=hint)


def _read(paths: Paths) -> _Config:
    try:
        file = paths.config_file
    except ConfigBroken:  # no home directory: nowhere that a config.toml could lie
        return _Config(values={}, text="", file="")
    values, text = read_config(file)
    config = _Config(values=values, text=text, file=str(file))
    for key in values:
        if key not in _VARIABLES:
            known = f"there are: {', '.join(_VARIABLES)}"
            raise config.broken(key, "is no setting", hint=_guess(key, _VARIABLES) or known)
    return config


def _value(
    key: str,
    default: T,
    check: Callable[[object], T],
    from_text: Callable[[str], object],
    *,
    options: Options,
    env: Mapping[str, str],
    config: _Config,
) -> Value[T]:
    chosen = Value(value=default, source=Source.DEFAULT, name=key)
    if key in config.values:
        try:
            checked = check(config.values[key])
        except ValueError as exc:
            raise config.broken(key, str(exc)) from exc
        chosen = Value(value=checked, source=Source.CONFIG, name=key)
    variable = _VARIABLES[key]
    given = getattr(options, key, None)  # rate_limit has no option
    is_given = given is not None and given is not False
    text = env.get(variable, "")
    if text and not is_given:
        try:
            checked = check(from_text(text))
        except ValueError as exc:
            raise ConfigBroken(f"{variable} {exc}") from exc
        chosen = Value(value=checked, source=Source.ENVIRONMENT, name=variable)
    if is_given:
        option = f"--{key.replace('_', '-')}"
        try:
            checked = check(given)
        except ValueError as exc:
            raise UsageMistake(f"{option} {exc}", hint=_HINTS.get(key, "")) from exc
        chosen = Value(value=checked, source=Source.OPTION, name=option)
    return chosen


_HINTS: Final = {
    "output": "see `vsms help formatting`",
    "base_url": "write it as https://virtualsms.io/api/v1",
    "timeout": "write seconds, as 30, or a duration, as 5m",
}


def _timeout(given: object) -> float:
    # A bool is an int to Python, and nan fits no bounds.
    if isinstance(given, int | float) and not isinstance(given, bool) and 0 < given <= _LONGEST_TIMEOUT_S:
        return float(given)
    raise ValueError(f"must be a number of seconds above 0 and up to {_LONGEST_TIMEOUT_S}")


def _rate_limit(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= _HIGHEST_RATE:
        raise ValueError(f"must be a whole number of requests a minute from 1 to {_HIGHEST_RATE}")
    return given


def _output(given: object) -> str | None:
    text = _string(given)
    if text not in OUTPUT_FORMATS:
        guess = _guess(text, OUTPUT_FORMATS)
        raise ValueError(f"must be one of {', '.join(OUTPUT_FORMATS)}{f' ({guess})' if guess else ''}")
    return text


def _guess(text: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - 1 ms before each command connects, for a mistake alone

    return "".join(f"did you mean {near}?" for near in get_close_matches(text, known, n=1))


def _flag(given: object) -> bool:
    if not isinstance(given, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - every check raises the same
    return given


def _string(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError("must be a text in quotes")  # noqa: TRY004 - every check raises the same
    return given


def _decimal(text: str) -> object:
    return float(text) if _DECIMAL.fullmatch(text) else None


def _whole(text: str) -> object:
    return int(text) if _WHOLE.fullmatch(text) else None


def _truth(text: str) -> object:
    word = text.strip().lower()
    if word in _YES | _NO:
        return word in _YES
    raise ValueError("must be 1, true, yes or on, or else 0, false, no or off")
