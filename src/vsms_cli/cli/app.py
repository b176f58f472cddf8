"""The root of the command line: `vsms` itself."""

from vsms_cli.cli.command_decorator import group
from vsms_cli.cli.command_tree import ROOT
from vsms_cli.cli.lazy_commands import group_of
from vsms_cli.cli.topics import TOPICS

app = group(
    group_of(ROOT, TOPICS),
    """The command line for account holders of VirtualSMS: list, cancel and refund orders, and prove it.

    New here? `vsms --sandbox orders list` plays with no token and no money.
    """,
    versioned=True,
)
