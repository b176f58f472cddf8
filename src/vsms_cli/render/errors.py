"""How an error is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.record_class import replace
from vsms_cli.render.documents import to_json
from vsms_cli.render.line_wrapping import folded
from vsms_cli.render.rows import problem_row
from vsms_cli.render.safe import shown, without_tokens

if TYPE_CHECKING:
    from vsms_cli.domain.errors import Problem


def problem_lines(problem: Problem, *, as_json: bool, width: int | None) -> list[str]:
    """To a person, what happened and what to do next, folded where there is a width; to a script one line."""
    problem = replace(
        problem, message=without_tokens(problem.message), hint=without_tokens(problem.hint or "")
    )
    if as_json:
        return [to_json({"error": problem_row(problem)})]
    lines = [f"vsms: {shown(problem.message)}"]
    if problem.hint:
        lines.append(f"      {shown(problem.hint)}")
    return [folded(line, width) for line in lines]
