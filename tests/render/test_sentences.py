"""What is said after a run: what to type next, on lines that can be copied."""

import shlex
import subprocess

import pytest

from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.tickets import Operation
from vsms_cli.render.line_wrapping import folded_command
from vsms_cli.render.results import cancel_next

IDS = tuple(f"7e44c0de-1f3a-4c57-9a51-00000000000{number}" for number in range(5))


def results(*outcomes: Outcome) -> list[Result]:
    return [
        Result(operation=Operation.CANCEL, order_id=order, outcome=outcome)
        for order, outcome in zip(IDS, outcomes, strict=False)
    ]


def test_after_a_run_that_was_to_wait_what_is_left_waits_again() -> None:
    left = results(Outcome.CANCELLED, Outcome.SKIPPED, Outcome.TOO_EARLY, Outcome.SKIPPED)

    assert cancel_next(left, wait=True) == [f"vsms orders cancel {IDS[2]} {IDS[1]} {IDS[3]} --wait"]
    assert cancel_next(left) == [
        f"vsms orders cancel {IDS[2]} --wait",
        f"vsms orders cancel {IDS[1]} {IDS[3]}",
    ]


def test_of_many_the_whole_command_is_typed_again_with_its_wait() -> None:
    many = results(*[Outcome.SKIPPED] * 5)
    asked: list[tuple[bool, int]] = []

    def again(wait: bool, done: int) -> str:  # noqa: FBT001 - as it is called
        asked.append((wait, done))
        return "vsms orders cancel --all --wait"

    assert cancel_next(many, wait=True, again=again) == [
        "vsms orders cancel --all --wait   (what is done counts as done)"
    ]
    assert asked == [(True, 0)]


@pytest.mark.parametrize("width", [20, 60, 80])
def test_a_folded_command_is_the_same_to_a_shell(width: int) -> None:
    command = shlex.join(["vsms", "orders", "cancel", *IDS, "--country", "United States", "--note", "it's"])

    lines = folded_command(command, width).splitlines()

    copied = "\n".join(lines)
    typed = subprocess.run(
        ["sh", "-c", f"printf '%s\\0' {copied}"], capture_output=True, text=True, check=True
    ).stdout
    assert typed.split("\0")[:-1] == shlex.split(command)
    assert all(len(line) <= max(width, len(IDS[0]) + 8) for line in lines)
