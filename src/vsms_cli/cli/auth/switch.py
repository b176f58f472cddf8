"""`vsms auth switch`"""

from difflib import get_close_matches
from typing import Annotated

import typer

from vsms_cli.cli.options import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, UsageMistake
from vsms_cli.store.settings import Source, service_name, set_active_profile


@command("switch", examples=("vsms auth switch work",), rows=False)
def app(
    run: Runtime,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A profile that signed in before.")],
) -> ExitCode:
    """Make another profile the one in force, in config.toml."""
    known = run.vault.profiles.names(service_name(run.settings.base_url.value))
    if name not in known:
        near = get_close_matches(name, known, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        names = f"there are {', '.join(known)}; " if known else ""
        raise UsageMistake(
            f"no profile {name[:64]!r} has signed in to {run.host}",
            hint=f"{guess}{names}`vsms auth login --profile NAME` makes one",
        )
    set_active_profile(run.paths, name)
    run.say(f"profile {name} is in force for {run.host}")
    if run.settings.profile.source is Source.ENVIRONMENT:
        run.say("VSMS_PROFILE is set and goes before it")
    return ExitCode.OK
