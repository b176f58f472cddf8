"""How an audit is told: rows and totals for a machine, what is missing on top for a person."""

from collections.abc import Mapping, Sequence

from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.shape import Shape
from vsms_cli.domain.audit import Audit
from vsms_cli.domain.errors import ExitCode
from vsms_cli.domain.outcomes import Result
from vsms_cli.render.documents import Row, cell, to_json
from vsms_cli.render.formats import Format
from vsms_cli.render.money_rows import audit_row, audit_totals
from vsms_cli.render.money_words import audit_fine, audit_next, audit_remarks, audit_summary
from vsms_cli.render.safe import safe


class Report:
    """An audit on stdout, and its sums on stderr."""

    def __init__(self, run: Runtime, shape: Shape, found: Audit) -> None:
        self._run = run
        self._found = found
        self.shape = shape

    def show(self, results: Mapping[str, Result] | None = None, *, message: str | None = None) -> None:
        """`results` are what `--request` came to by order, `message` the one to support."""
        rows = [audit_row(case, (results or {}).get(case.order_id)) for case in self._found.all_cases]
        if self.shape.for_a_person:
            self._show_table(rows)
        elif self.shape.format is Format.JSON:
            inner = ",\n    ".join(to_json({name: row[name] for name in self.shape.fields}) for row in rows)
            orders = f"[\n    {inner}\n  ]" if rows else "[]"
            totals = to_json(audit_totals(self._found))
            self._run.streams.out.line(
                f'{{\n  "totals": {totals},\n  "orders": {orders},\n  "support_message": {to_json(message)}\n}}'
            )
        else:
            document = self.shape.document(self._run)
            for row in rows:
                document.row(row)
            document.end()

    def _show_table(self, rows: Sequence[Row]) -> None:
        from vsms_cli.render.money_tables import audit_table  # noqa: PLC0415 - Rich: terminals only
        from vsms_cli.render.tables import fields_table  # noqa: PLC0415 - as above

        streams, shape = self._run.streams, self.shape
        if shape.chosen:
            cells = [[cell(row[name]) for name in shape.fields] for row in rows]
            if cells:
                streams.out.write(
                    fields_table(shape.fields, cells, width=streams.width, colour=streams.colour)
                )
            return
        streams.out.write(audit_table(self._found, width=streams.width, colour=streams.colour))
        if fine := audit_fine(self._found):
            streams.out.line(fine)

    def hand_over(self, message: str) -> None:
        """The message to support: to stdout, unless somebody chose a format to parse, which has its own rows."""
        if self.shape.format is Format.JSON:
            return
        body = "\n".join(safe(line) for line in message.split("\n"))
        chosen = self._run.settings.output.value is not None and not self.shape.for_a_person
        (self._run.streams.talk if chosen else self._run.streams.out).write(f"\n{body}\n\n")

    def conclude(self, results: Sequence[Result] | None = None, *, asked_before: int = 0) -> ExitCode:
        """The sums, what they leave open, and what to type next."""
        if not self._found.cases and not self._found.unjudged:
            self._run.say("no orders were bought in that time")
            return ExitCode.OK
        self._run.say(audit_summary(self._found))
        for remark in audit_remarks(self._found):
            self._run.say(remark)
        for line in audit_next(self._found, results, asked_before=asked_before):
            self._run.say_next(line)
        return ExitCode.MONEY_MISSING if self._found.owed else ExitCode.OK
