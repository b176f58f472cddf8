"""The group `vsms journal`."""

from vsms_cli.cli.app import JOURNAL, ROOT
from vsms_cli.cli.lazy import group_of
from vsms_cli.cli.options import group

app = group(group_of(JOURNAL), ROOT["journal"].summary)
