"""The group `vsms sandbox`."""

from vsms_cli.cli.app import ROOT, SANDBOX
from vsms_cli.cli.lazy import group_of
from vsms_cli.cli.options import group

app = group(group_of(SANDBOX), ROOT["sandbox"].summary)
