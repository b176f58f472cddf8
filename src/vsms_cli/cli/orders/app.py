"""The group `vsms orders`."""

from vsms_cli.cli.app import ORDERS, ROOT
from vsms_cli.cli.lazy import group_of
from vsms_cli.cli.options import group

app = group(group_of(ORDERS), ROOT["orders"].summary)
