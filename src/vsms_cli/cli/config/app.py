"""The group `vsms config`."""

from vsms_cli.cli.app import CONFIG, ROOT
from vsms_cli.cli.lazy import group_of
from vsms_cli.cli.options import group

app = group(group_of(CONFIG), ROOT["config"].summary)
