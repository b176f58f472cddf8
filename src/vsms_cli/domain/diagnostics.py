"""What `vsms doctor` found: one line a check, fit to be pasted in public."""

from __future__ import annotations

from enum import StrEnum

from vsms_cli.domain.record_class import record


class Status(StrEnum):
    """How a check ended. WARNING is worth knowing, and nothing is wrong."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@record
class Check:
    """`detail` holds types, names of ours and counts alone: no token, e-mail, number, id, amount or message."""

    name: str
    status: Status
    detail: str
    hint: str = ""


def passed(name: str, detail: str) -> Check:
    return Check(name=name, status=Status.OK, detail=detail)


def warned(name: str, detail: str, hint: str = "") -> Check:
    return Check(name=name, status=Status.WARNING, detail=detail, hint=hint)


def failed(name: str, detail: str, hint: str) -> Check:
    return Check(name=name, status=Status.FAILED, detail=detail, hint=hint)
