"""The catalogue's cache: a day old at the most, and empty whatever is wrong with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from vsms_cli.domain.catalogue import Catalogue, Entry
from vsms_cli.domain.times import rfc3339
from vsms_cli.store.catalogue_cache import CatalogueCache
from vsms_cli.store.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = Catalogue(
    countries=(Entry(code="AR", name="Argentina"),),
    services=(Entry(code="wa", name="What\x1bs\u202e\ud83dApp"),),
)


@pytest.fixture
def cache(tmp_path: Path) -> CatalogueCache:
    return CatalogueCache(tmp_path / "cache", host="virtualsms.test:8443")


def file_of(cache: CatalogueCache) -> Path:
    return cache._file  # its name is its own affair


def put(cache: CatalogueCache, **changes: Any) -> None:
    cache.write(CATALOGUE)
    value = json.loads(file_of(cache).read_bytes()) | changes
    file_of(cache).write_text(json.dumps(value))


def test_what_was_written_is_read_and_each_host_has_its_own(cache: CatalogueCache, tmp_path: Path) -> None:
    assert cache.read() is None
    cache.write(CATALOGUE)
    assert cache.read() == CATALOGUE
    assert CatalogueCache(tmp_path / "cache", host="elsewhere.test").read() is None
    assert ":" not in file_of(cache).name


@pytest.mark.parametrize(
    ("age", "fresh"),
    [
        (timedelta(hours=23), True),
        (timedelta(days=1, seconds=1), False),
        (timedelta(days=400), False),
        (timedelta(hours=-1), False),  # from the future: the clock was wrong then, or is now
    ],
)
def test_it_is_good_for_a_day(cache: CatalogueCache, age: timedelta, *, fresh: bool) -> None:
    put(cache, at=rfc3339(datetime.now(UTC) - age))
    assert cache.read() == (CATALOGUE if fresh else None)


@pytest.mark.parametrize(
    "changes",
    [
        {"at": None},
        {"at": 5},
        {"at": "yesterday"},
        {"at": "9999-12-31T23:59:60Z"},
        {"countries": None},
        {"countries": "AR"},
        {"countries": [["AR"]]},
        {"services": [["a", "b", "c"]]},
        {"services": [5]},
        {"services": {}},
    ],
)
def test_a_value_that_can_t_be_meant_is_no_cache(cache: CatalogueCache, changes: dict[str, Any]) -> None:
    put(cache, **changes)
    assert cache.read() is None


@pytest.mark.parametrize(
    "content",
    [b"", b"garbage", b"\xff\xfe", b"[]", b"null", b"5", b"[" * 100_000, b'{"at": ' + b"9" * 5000 + b"}"],
)
def test_garbage_is_no_cache_and_is_written_over(cache: CatalogueCache, content: bytes) -> None:
    cache.write(CATALOGUE)
    file_of(cache).write_bytes(content)
    assert cache.read() is None
    cache.write(CATALOGUE)
    assert cache.read() == CATALOGUE


def test_where_it_can_t_be_written_there_is_none_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = CatalogueCache(tmp_path / "file", host="h")
    cache.write(CATALOGUE)
    assert cache.read() is None


def test_without_a_home_directory_there_is_none_and_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import platformdirs  # noqa: PLC0415 - what finds no home

    def homeless(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no home")

    monkeypatch.setattr(platformdirs, "PlatformDirs", homeless)
    monkeypatch.chdir(tmp_path)
    cache = CatalogueCache(Paths.from_environment({}).cache_dir, host="h")
    cache.write(CATALOGUE)
    assert cache.read() is None
    assert list(tmp_path.iterdir()) == []
