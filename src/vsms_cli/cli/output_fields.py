"""The fields of every command that prints rows: for `vsms help formatting` and for completion."""

from typing import Final

from vsms_cli.cli.auth import STATUS_FIELDS
from vsms_cli.cli.config import PATH_FIELDS, SHOW_FIELDS
from vsms_cli.render import doctor_output, money_rows, rows

FIELDS: Final = {
    "orders list": (*rows.ORDER_FIELDS, *rows.ORDER_FIELDS_ON_REQUEST),
    "orders show": rows.ORDER_DETAIL_FIELDS,
    "orders cancel": rows.CANCEL_FIELDS,
    "orders refund": rows.REFUND_FIELDS,
    "orders wait": rows.MESSAGE_FIELDS,
    "orders swap": rows.SWAP_FIELDS,
    "rentals list": rows.RENTAL_FIELDS,
    "rentals show": rows.RENTAL_FIELDS,
    "rentals cancel": rows.CANCEL_FIELDS,
    "balance": rows.BALANCE_FIELDS,
    "transactions list": money_rows.TRANSACTION_FIELDS,
    "refunds audit": money_rows.AUDIT_FIELDS,
    "stats": money_rows.STATS_KEYS,
    "auth status": STATUS_FIELDS,
    "config show": SHOW_FIELDS,
    "config path": PATH_FIELDS,
    "doctor": doctor_output.CHECK_FIELDS,
    "journal list": rows.JOURNAL_FIELDS,
    "journal show": (*rows.JOURNAL_FIELDS, "events"),
}
