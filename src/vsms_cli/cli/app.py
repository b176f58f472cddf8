"""The tree of commands. Each is imported when it is called."""

from typing import Final

from vsms_cli.cli.lazy import Lazy, group_of
from vsms_cli.cli.options import group
from vsms_cli.cli.topics import TOPICS

_CLI: Final = "vsms_cli.cli"

AUTH: Final = {
    "login": Lazy(f"{_CLI}.auth.login", "Prove a token and keep it in the OS keyring."),
    "status": Lazy(f"{_CLI}.auth.status", "Say which token is in force, and whether it is valid."),
    "logout": Lazy(f"{_CLI}.auth.logout", "Remove the stored token from this machine."),
    "switch": Lazy(f"{_CLI}.auth.switch", "Make another profile the one in force."),
    "token": Lazy(f"{_CLI}.auth.token", "Print the token in force."),
}
ORDERS: Final = {
    "list": Lazy(f"{_CLI}.orders.listing", "List orders; the active ones, unless told otherwise."),
    "show": Lazy(f"{_CLI}.orders.show", "Show an order, its messages, and what can be done with it."),
    "cancel": Lazy(f"{_CLI}.orders.cancel", "Cancel orders for a full refund to the balance."),
    "watch": Lazy(f"{_CLI}.orders.watch", "Watch the active orders on a live table."),
    "wait": Lazy(f"{_CLI}.orders.wait", "Wait for the SMS and print its code."),
    "swap": Lazy(f"{_CLI}.orders.swap", "Get another number for the same service and country."),
    "refund": Lazy(f"{_CLI}.orders.refund", "Get an order's money back in the way its state allows."),
}
JOURNAL: Final = {
    "list": Lazy(f"{_CLI}.journal.listing", "List what was sent that moves money."),
    "show": Lazy(f"{_CLI}.journal.show", "Tell an entry's story."),
    "resolve": Lazy(f"{_CLI}.journal.resolve", "Read what became of every unknown and unfinished entry."),
}
TRANSACTIONS: Final = {
    "list": Lazy(f"{_CLI}.transactions.listing", "List the ledger's lines: paid in, paid for, paid back."),
}
REFUNDS: Final = {
    "audit": Lazy(
        f"{_CLI}.refunds.audit", "Hold every order against the ledger: what should have come back?"
    ),
}
CONFIG: Final = {
    "show": Lazy(f"{_CLI}.config.show", "Show every setting and where it comes from."),
    "path": Lazy(f"{_CLI}.config.path", "Print where config.toml is looked for."),
}
SANDBOX: Final = {
    "serve": Lazy(
        f"{_CLI}.sandbox.serve", "Serve the sandbox over HTTP to any client, with scripted trouble."
    ),
    "reset": Lazy(f"{_CLI}.sandbox.reset", "Begin the sandbox anew."),
    "advance": Lazy(f"{_CLI}.sandbox.advance", "Move the sandbox's clock."),
    "deliver": Lazy(f"{_CLI}.sandbox.deliver", "Let an SMS arrive."),
}
ROOT: Final = {
    "auth": Lazy(f"{_CLI}.auth.app", "Sign in and out; profiles."),
    "orders": Lazy(f"{_CLI}.orders.app", "List, show, cancel and refund orders."),
    "refunds": Lazy(f"{_CLI}.refunds.app", "Whether all money that should have come back came back."),
    "balance": Lazy(f"{_CLI}.money", "Show the prepaid balance."),
    "transactions": Lazy(f"{_CLI}.transactions.app", "The ledger, as the service keeps it."),
    "stats": Lazy(f"{_CLI}.stats", "Show what was spent, what came back, and how often a code came."),
    "journal": Lazy(f"{_CLI}.journal.app", "What was sent that moves money, and what came of it."),
    "config": Lazy(f"{_CLI}.config.app", "The settings in force."),
    "sandbox": Lazy(f"{_CLI}.sandbox.app", "The levers of the embedded service."),
    "doctor": Lazy(
        f"{_CLI}.doctor", "Say what is wrong here, and where the service differs from its documents."
    ),
    "api": Lazy(f"{_CLI}.api", "Print the answer of a GET as the service sent it."),
    "completion": Lazy(f"{_CLI}.completion", "Print the script that completes words in your shell."),
    "help": Lazy(f"{_CLI}.help", "Explain a topic or a command."),
}
GROUPS: Final = {
    "auth": AUTH,
    "orders": ORDERS,
    "refunds": REFUNDS,
    "transactions": TRANSACTIONS,
    "journal": JOURNAL,
    "config": CONFIG,
    "sandbox": SANDBOX,
}

app = group(
    group_of(ROOT, TOPICS),
    """The command line for account holders of VirtualSMS: list, cancel and refund orders, and prove it.

    New here? `vsms --sandbox orders list` plays with no token and no money.
    """,
    versioned=True,
)
