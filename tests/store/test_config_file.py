import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsms_cli.domain.errors import ConfigBroken, VsmsError
from vsms_cli.store.config_file import replace_profile


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'profile = "new"\n'),
        ("# mine\ntimeout = 3", 'profile = "new"\n# mine\ntimeout = 3'),
        ("# mine\r\ntimeout = 3\r\n", 'profile = "new"\r\n# mine\r\ntimeout = 3\r\n'),
        ('a = 1\n  profile="old"   # why\nb = 2', 'a = 1\n  profile="new"   # why\nb = 2'),
        ("profile = 'old'\r\n# x", 'profile = "new"\r\n# x'),
        ("\"profile\" = 'old'", '"profile" = "new"'),
        ('profile = """\nold"""\nb = 2\n', 'profile = "new"\nb = 2\n'),
        ('profile = "o\\u006cd"\nb = 2\n', 'profile = "new"\nb = 2\n'),
        ("[t]\nprofile = 'x'\n", 'profile = "new"\n[t]\nprofile = \'x\'\n'),
        ("a = '''\nprofile = 'x'\n'''\n", "profile = \"new\"\na = '''\nprofile = 'x'\n'''\n"),
        ("profile = 'old'\n[t]\nprofile = 'x'\n", "profile = \"new\"\n[t]\nprofile = 'x'\n"),
        ("# \u2028 profile = 'no'\n", "profile = \"new\"\n# \u2028 profile = 'no'\n"),
    ],
)  # fmt: skip
def test_only_the_profile_changes(before: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    if before:
        path.parent.mkdir()
        path.write_bytes(before.encode())
    replace_profile(path, "new")
    assert path.read_bytes().decode() == after
    replace_profile(path, "new")
    assert path.read_bytes().decode() == after


@pytest.mark.parametrize(
    "text", ['"pro\\u0066ile" = "old"\n', "[profile]\na = 1\n", "profile.a = 1\n", "a = \n"]
)
def test_what_can_not_be_changed_safely_is_left_and_said(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigBroken, match=r"config\.toml"):
        replace_profile(path, "new")
    assert path.read_text() == text


def test_a_config_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VsmsError, match="can't be"):
        replace_profile(tmp_path / "file" / "config.toml", "new")


def test_a_full_disk_leaves_the_config_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "config.toml"
    path.write_text("timeout = 3\n")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(VsmsError, match="No space left on device"):
        replace_profile(path, "new")
    assert [file.name for file in tmp_path.iterdir()] == ["config.toml"]
    assert path.read_text() == "timeout = 3\n"


LINES = st.sampled_from(
    [
        "timeout = 3",
        "# profile = 1",
        "profile = 'a'",
        'profile = "b" # c',
        "x = '''",
        "'''",
        "y = [",
        "]",
        "[t]",
        "[[u]]",
        "z.profile = 1",
        "",
        "\tprofile='q'",
        "w = { profile = 1 }",
        "'profile'.x = 2",
        "\x0b",
        "v = 'é'",
    ]
)


@given(lines=st.lists(LINES, max_size=8), newline=st.sampled_from(["\n", "\r\n"]))
def test_any_config_is_changed_in_its_profile_alone_or_not_at_all(
    lines: list[str], newline: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "config.toml"
    before = newline.join(lines)
    path.write_bytes(before.encode())
    try:
        replace_profile(path, "new")
    except ConfigBroken:
        assert path.read_bytes() == before.encode()
        return
    after = path.read_bytes().decode()
    assert tomllib.loads(after) == tomllib.loads(before) | {"profile": "new"}
    assert len(before.split("\n")) <= len(after.split("\n")) <= len(before.split("\n")) + 1
