"""The group `vsms auth`."""

from vsms_cli.cli.app import AUTH, ROOT
from vsms_cli.cli.lazy import group_of
from vsms_cli.cli.options import group

app = group(group_of(AUTH), ROOT["auth"].summary)
