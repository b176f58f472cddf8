"""What a Tab may become: `vsms __complete WORD…`, the last word being the one under the cursor.

From caches alone: no network, no keyring, and nothing at all where anything is wrong, because a person is in the
middle of a line. One candidate a line, a tab, and what it is about.

Names of countries and services are text of the service's, and a shell reads what is completed. A name that holds
anything but letters, digits, blanks and a few marks that mean nothing to any shell is not offered; its code is. So
`completion_scripts` has blanks alone to quote. Letters beyond ASCII go to a UTF-8 locale alone: elsewhere
shells write their bytes as `$'…'`, inside quotes too.
"""

import contextlib
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from vsms_cli.cli.completion_tree import CompletionTree, Line
from vsms_cli.cli.reference import FORMATS
from vsms_cli.cli.topics import TOPICS
from vsms_cli.domain.catalogue import Entry
from vsms_cli.domain.orders import KNOWN_STATUSES
from vsms_cli.render.safe import safe
from vsms_cli.store.base_url import host_of, service_name
from vsms_cli.store.catalogue_cache import CatalogueCache
from vsms_cli.store.order_cache import OrderCache
from vsms_cli.store.paths import Paths
from vsms_cli.store.profiles import Profiles
from vsms_cli.store.settings import Options, Settings, load_settings

Candidate = tuple[str, str]
SHELLS = ("bash", "zsh", "fish", "powershell")

_PLAIN_MARKS = frozenset("._-+/")
_OUR_MARKS = _PLAIN_MARKS | frozenset(",=")  # `--output=json`, `id,price`
_LETTERS_AND_DIGITS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"})
_TYPES = ("deposit", "purchase", "refund", "credit", "admin_credit")  # as `transactions list` knows them
_LISTS = frozenset(
    {"--fields", "--status", "--type", "--country", "--not-country", "--service", "--not-service"}
)  # with commas between their values
_ANY_ORDER = frozenset({"orders show", "orders refund"})
_RENTAL = frozenset({"rentals show", "rentals cancel"})
_WAITING_ORDER = frozenset({"orders cancel", "orders wait", "orders swap", "sandbox deliver"})


def complete(words: Sequence[str]) -> int:
    """Prints the candidates. Always 0, and never a word on stderr."""
    with contextlib.suppress(Exception):  # the second broad except: see the top
        lines = "".join(_lines(candidates(words, os.environ)))
        try:
            sys.stdout.write(lines)
            sys.stdout.flush()
        except OSError:
            return 0
    return 0


def candidates(words: Sequence[str], env: Mapping[str, str]) -> list[Candidate]:
    """Those for the last word, given all words behind `vsms`."""
    paths, tree = Paths.from_environment(env), CompletionTree()
    line = Line.read(words, tree)
    found = _Values(line, env, paths, tree).all()
    return [(f"{line.before}{value}", about) for value, about in found]


class _Values:
    def __init__(self, line: Line, env: Mapping[str, str], paths: Paths, tree: CompletionTree) -> None:
        self._line = line
        self._env = env
        self._paths = paths
        self._tree = tree

    def all(self) -> list[Candidate]:
        line = self._line
        if line.option in _LISTS:
            given, comma, line.current = line.current.rpartition(",")
            line.before += f"{given}{comma}"
            return [each for each in self._of_option(line.option) if each[0] not in given.split(",")]
        if line.option:
            return list(self._of_option(line.option))
        if line.current.startswith("-") and not line.ended:
            return self._options()
        if line.node.commands:
            return _beginning(line.current, line.node.commands.items())
        found = self._of_argument()
        if found is not None:
            return list(found)
        return [] if line.current or line.ended else self._options()

    def _options(self) -> list[Candidate]:
        long = ((name, about) for name, about in self._line.node.options.items() if name.startswith("--"))
        return _beginning(self._line.current, long)

    def _of_option(self, option: str) -> Iterable[Candidate]:
        current = self._line.current
        match option:
            case "--country" | "--not-country":
                return self._named("country")
            case "--service" | "--not-service":
                return self._named("service")
            case "--profile":
                return _beginning(current, self._profiles())
            case "--output" | "-o":
                return _beginning(current, FORMATS.items())
            case "--fields":
                return _beginning(current, ((name, "") for name in self._line.node.fields))
            case "--status":
                return _beginning(current, ((status, "") for status in KNOWN_STATUSES))
            case "--type":
                return _beginning(current, ((kind, "") for kind in _TYPES))
            case "--order":
                return self._orders(waiting=False)
            case "--reason":
                from vsms_cli.ops.refund import REASONS  # noqa: PLC0415 - one option's

                return _beginning(current, ((reason, "") for reason in REASONS))
            case _:
                return []

    def _of_argument(self) -> Iterable[Candidate] | None:
        """None where the command takes no argument, or no more."""
        current, path = self._line.current, " ".join(self._line.path)
        if path in _ANY_ORDER or path in _WAITING_ORDER:
            return self._orders(waiting=path in _WAITING_ORDER)
        if path in _RENTAL:
            return self._orders(waiting=path == "rentals cancel", kind="rentals")
        if self._line.arguments and path != "help":
            return None
        match path:
            case "auth switch":
                return _beginning(current, self._profiles())
            case "completion":
                return _beginning(current, ((shell, "") for shell in SHELLS))
            case "help":
                return self._help()
            case _:
                return None

    def _help(self) -> list[Candidate]:
        words = self._line.arguments
        if words[:1] and words[0] in TOPICS:
            return []
        known = dict(self._tree.node(tuple(words)).commands)
        return _beginning(self._line.current, ({} if words else TOPICS).items()) + _beginning(
            self._line.current, known.items()
        )

    def _orders(self, *, waiting: bool, kind: str = "orders") -> Iterator[Candidate]:
        now = datetime.now(UTC)
        for order in OrderCache(self._paths.cache_dir, host=self._host, kind=kind).read():
            about = " ".join(part for part in (order.country, order.service, order.status) if part)
            wanted = order.id.lower().startswith(self._line.current.lower())
            if wanted and order.id not in self._line.arguments and (not waiting or order.may_wait(now)):
                yield order.id, about

    def _named(self, kind: str) -> Iterator[Candidate]:
        """Codes with their names, or a name where the name is what was begun and a shell can take it."""
        wanted = self._line.current.casefold()
        for entry in self._entries(kind):
            of_code, of_name = (entry.code, entry.name), (entry.name, entry.code)
            begun = [each for each in (of_code, of_name) if each[0].casefold().startswith(wanted)]
            if begun:
                yield from [each for each in (*begun, of_code) if self._offered(each[0])][:1]

    def _offered(self, name: str) -> bool:
        """Whether no shell reads anything into it, and a list with commas can hold it."""
        return (
            name[:1].isalnum() and _holds_only(name, _PLAIN_MARKS) and (name.isascii() or _is_utf8(self._env))
        )

    def _entries(self, kind: str) -> list[Entry]:
        """Of the catalogue's last copy, however old, and of the orders that were seen."""
        kept = CatalogueCache(self._paths.cache_dir, host=self._host).read(however_old=True)
        entries = [] if kept is None else list(kept.countries if kind == "country" else kept.services)
        if kept is None and self._settings.sandbox.value:
            from vsms_cli.sandbox.catalogue import COUNTRIES, PRODUCTS  # noqa: PLC0415 - the sandbox's alone

            own = COUNTRIES.values() if kind == "country" else PRODUCTS.values()
            entries = [Entry(code=each.code, name=each.name) for each in own]
        seen = {getattr(order, kind) for order in OrderCache(self._paths.cache_dir, host=self._host).read()}
        known = {entry.code for entry in entries}
        return [Entry(code=code, name="") for code in sorted(seen - known - {""})] + entries

    def _profiles(self) -> list[Candidate]:
        service = service_name(self._settings.base_url.value)
        return [(name, "") for name in Profiles(path=self._paths.profiles).names(service)]

    @property
    def _host(self) -> str:
        """As `Runtime.host`."""
        settings = self._settings
        deliver = self._line.path[:1] == ("sandbox",)
        return "sandbox" if deliver or settings.sandbox.value else host_of(settings.base_url.value)

    @property
    def _settings(self) -> Settings:
        said = self._line.said
        options = Options(
            profile=said.get("--profile"), base_url=said.get("--base-url"), sandbox="--sandbox" in said
        )
        return load_settings(options, self._env, self._paths)


def _beginning(current: str, known: Iterable[Candidate]) -> list[Candidate]:
    return [(word, about) for word, about in known if word.startswith(current)]


def _holds_only(text: str, marks: frozenset[str]) -> bool:
    """Letters and digits of any script, blanks between them, and these marks."""
    known = (
        char == " " or char in marks or unicodedata.category(char) in _LETTERS_AND_DIGITS for char in text
    )
    return all(known) and text == text.strip() and safe(text) == text


def _is_utf8(env: Mapping[str, str]) -> bool:
    """Of the shell's locale. Python's own is UTF-8 even in a C locale (PEP 540)."""
    said = next((env[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(name)), "")
    return "utf8" in said.lower().replace("-", "")


def _lines(found: Iterable[Candidate]) -> Iterator[str]:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    for value, about in found:
        line = f"{value}\t{safe(about)}\n"
        if _holds_only(value, _OUR_MARKS) and line.encode(encoding, errors="ignore").decode(encoding) == line:
            yield line
