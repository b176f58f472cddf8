"""The tree of commands: where each one lives, and the line that says what it does.

Plain data, so that help, completion and the groups can read it without importing a command.
"""

from typing import Final, NamedTuple


class Command(NamedTuple):
    """`where` is `module:name`, the name of a Typer app (`app` where none is said); empty for a group."""

    where: str
    summary: str


_CLI: Final = "vsms_cli.cli"

AUTH: Final = {
    "login": Command(f"{_CLI}.auth:login", "Check a token and store it in the OS keyring."),
    "status": Command(f"{_CLI}.auth:status", "Say which token is in force, and whether it is valid."),
    "logout": Command(f"{_CLI}.auth:logout", "Remove the stored token from this machine."),
    "switch": Command(f"{_CLI}.auth:switch", "Make another profile the one in force."),
    "token": Command(f"{_CLI}.auth:token", "Print the token in force."),
}
ORDERS: Final = {
    "list": Command(f"{_CLI}.orders.listing", "List orders; the active ones, unless told otherwise."),
    "show": Command(f"{_CLI}.orders.show", "Show an order, its messages, and what can be done with it."),
    "cancel": Command(f"{_CLI}.orders.cancel", "Cancel orders for a full refund to the balance."),
    "watch": Command(f"{_CLI}.orders.watch", "Watch the active orders on a live table."),
    "wait": Command(f"{_CLI}.orders.wait", "Wait for the SMS and print its code."),
    "swap": Command(f"{_CLI}.orders.swap", "Get another number for the same service and country."),
    "refund": Command(f"{_CLI}.orders.refund", "Get an order's money back in the way its state allows."),
}
RENTALS: Final = {
    "list": Command(f"{_CLI}.rentals:list_rentals", "List rentals; the active ones, unless told otherwise."),
    "show": Command(f"{_CLI}.rentals:show_rental", "Show a rental, and until when it is refunded in full."),
    "cancel": Command(f"{_CLI}.rentals:cancel_rentals", "Cancel rentals for a full refund to the balance."),
}
JOURNAL: Final = {
    "list": Command(f"{_CLI}.journal:list_entries", "List what was sent that moves money."),
    "show": Command(f"{_CLI}.journal:show", "Show an entry's history."),
    "resolve": Command(
        f"{_CLI}.journal:resolve_entries", "Read what became of every unknown and unfinished entry."
    ),
}
TRANSACTIONS: Final = {
    "list": Command(
        f"{_CLI}.transactions:list_lines", "List the ledger's lines: paid in, paid for, paid back."
    ),
}
REFUNDS: Final = {
    "audit": Command(
        f"{_CLI}.refunds:audit_refunds", "Compare every order with the ledger: what should have come back?"
    ),
}
CONFIG: Final = {
    "show": Command(f"{_CLI}.config:show", "Show every setting and where it comes from."),
    "path": Command(f"{_CLI}.config:path", "Print where config.toml is looked for."),
}
SANDBOX: Final = {
    "serve": Command(
        f"{_CLI}.sandbox:serve_sandbox", "Serve the sandbox over HTTP to any client, with scripted trouble."
    ),
    "reset": Command(f"{_CLI}.sandbox:reset_sandbox", "Begin the sandbox anew."),
    "advance": Command(f"{_CLI}.sandbox:advance_clock", "Move the sandbox's clock."),
    "deliver": Command(f"{_CLI}.sandbox:deliver_sms", "Let an SMS arrive."),
}
ROOT: Final = {
    "auth": Command("", "Sign in and out; profiles."),
    "orders": Command("", "List, show, cancel and refund orders."),
    "rentals": Command(
        "",
        "List, show and cancel rentals. Extending and releasing are not offered:"
        " one charges money, the other has a fee that nobody documents.",
    ),
    "refunds": Command("", "Whether all money that should have come back came back."),
    "balance": Command(f"{_CLI}.balance", "Show the prepaid balance."),
    "transactions": Command("", "The ledger, as the service keeps it."),
    "stats": Command(f"{_CLI}.stats", "Show what was spent, what came back, and how often a code came."),
    "journal": Command("", "What was sent that moves money, and what came of it."),
    "config": Command("", "The settings in force."),
    "sandbox": Command("", "Control the embedded service."),
    "doctor": Command(
        f"{_CLI}.doctor", "Say what is wrong here, and where the service differs from its documents."
    ),
    "api": Command(f"{_CLI}.api", "Print the answer of a GET as the service sent it."),
    "completion": Command(
        f"{_CLI}.completion_scripts", "Print the script that completes words in your shell."
    ),
    "help": Command(f"{_CLI}.help", "Explain a topic or a command."),
}
GROUPS: Final = {
    "auth": AUTH,
    "orders": ORDERS,
    "rentals": RENTALS,
    "refunds": REFUNDS,
    "transactions": TRANSACTIONS,
    "journal": JOURNAL,
    "config": CONFIG,
    "sandbox": SANDBOX,
}
