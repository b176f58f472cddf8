"""The formats of --output."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """The values of --output."""

    TABLE = "table"
    TSV = "tsv"
    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"
    IDS = "ids"
