"""How an error is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.render.documents import to_json
from vsms_cli.render.rows import problem_row
from vsms_cli.render.safe import shown

if TYPE_CHECKING:
    from vsms_cli.domain.errors import Problem, VsmsError


def error_lines(error: VsmsError, *, as_json: bool) -> list[str]:
    """How an error that stops the command is told: to a person, or as one line to a script."""
    if as_json:
        return [to_json({"error": problem_row(error.as_problem())})]
    return problem_lines(error.as_problem())


def problem_lines(problem: Problem) -> list[str]:
    lines = [f"vsms: {shown(problem.message)}"]
    if problem.hint:
        lines.append(f"      {shown(problem.hint)}")
    return lines
