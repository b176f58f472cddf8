"""`vsms help`: topics and commands, on stdout, whatever is wrong with the settings."""

import pytest

from support.vsms import Vsms
from vsms_cli.cli.reference import ENVIRONMENT, RECIPES, TRIAL
from vsms_cli.cli.topics import TOPICS
from vsms_cli.domain.errors import ExitCode
from vsms_cli.store.settings import OUTPUT_FORMATS

BROKEN = {"VSMS_TIMEOUT": "x", "VSMS_CONFIG_DIR": "~/x", "VSMS_STATE_DIR": "~/y"}


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_text_on_stdout_that_fits_80_columns(vsms: Vsms, topic: str) -> None:
    done = vsms("help", topic)

    assert (done.code, done.err) == (0, "")
    copied = {f"  {line}" for lines in (*RECIPES.values(), TRIAL.splitlines()) for line in lines}
    assert all(len(line) < 80 for line in done.lines if line not in copied)
    assert vsms("help", topic, env=BROKEN).out == done.out
    assert not list(vsms.home.iterdir())


def test_each_topic_holds_the_whole_of_its_table(vsms: Vsms) -> None:
    codes = vsms("help", "exit-codes").lines
    assert [line.split()[0] for line in codes if line[:1].isdigit()] == [str(code.value) for code in ExitCode]
    environment = vsms("help", "environment").lines
    assert [line.split()[0] for line in environment[: len(ENVIRONMENT)]] == list(ENVIRONMENT)
    formatting = vsms("help", "formatting").out
    assert all(f"\n{name} " in formatting for name in OUTPUT_FORMATS)
    assert "cancel_available_at" in vsms("help", "json").out
    scripting = vsms("help", "scripting").out
    assert all(line in scripting for lines in RECIPES.values() for line in lines)


def test_the_help_of_all_names_the_topics_also_where_a_setting_is_broken(vsms: Vsms) -> None:
    done = vsms("help", env=BROKEN)

    assert (done.code, done.err) == (0, "")
    assert done.out == vsms("--help").out
    for name, summary in TOPICS.items():
        assert f"\n  {name.ljust(11)}  {summary}" in done.out


@pytest.mark.parametrize("words", [["orders"], ["orders", "cancel"], ["balance"], ["help"]], ids=" ".join)
def test_the_help_of_a_command_is_its_own(vsms: Vsms, words: list[str]) -> None:
    done = vsms("help", *words)

    assert (done.code, done.err) == (0, "")
    assert done.out == vsms(*words, "--help").out


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["exitcodes"], "did you mean exit-codes?"),
        (["Environment"], "did you mean environment?"),
        (["ordrs"], "did you mean orders?"),
        (["orders", "cancle"], "did you mean cancel?"),
        (["orders", "show", "x"], "see `vsms orders show --help`"),
        (["zzz"], "see `vsms --help`"),
        (["exit-codes", "x"], "see `vsms help exit-codes`"),
    ],
    ids=" ".join,
)
def test_an_unknown_topic_is_answered_with_the_nearest(vsms: Vsms, words: list[str], near: str) -> None:
    done = vsms("help", *words)

    assert (done.code, done.out) == (2, "")
    assert near in done.err


def test_where_the_terminal_has_no_arrows_it_is_ascii(vsms: Vsms) -> None:
    done = vsms.process("help", "exit-codes", env={"PYTHONIOENCODING": "ascii"})

    assert (done.code, done.err) == (0, "")
    assert "any unknown -> 8;" in done.out
