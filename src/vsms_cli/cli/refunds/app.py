"""The group `vsms refunds`."""

from vsms_cli.cli.app import REFUNDS, ROOT
from vsms_cli.cli.lazy import group_of
from vsms_cli.cli.options import group

app = group(group_of(REFUNDS), ROOT["refunds"].summary)
