"""The root of the command line: `vsms` itself."""

from vsms_cli.cli.lazy import group_of
from vsms_cli.cli.options import group
from vsms_cli.cli.topics import TOPICS
from vsms_cli.cli.tree import ROOT

app = group(
    group_of(ROOT, TOPICS),
    """The command line for account holders of VirtualSMS: list, cancel and refund orders, and prove it.

    New here? `vsms --sandbox orders list` plays with no token and no money.
    """,
    versioned=True,
)
