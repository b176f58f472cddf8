"""The group `vsms transactions`."""

from vsms_cli.cli.app import ROOT, TRANSACTIONS
from vsms_cli.cli.lazy import group_of
from vsms_cli.cli.options import group

app = group(group_of(TRANSACTIONS), ROOT["transactions"].summary)
