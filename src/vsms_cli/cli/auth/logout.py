"""`vsms auth logout`"""

from vsms_cli.cli.options import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode
from vsms_cli.store.credentials import environment_token_variable
from vsms_cli.store.settings import service_name


@command("logout", examples=("vsms auth logout", "vsms auth logout --profile work"), rows=False)
def app(run: Runtime) -> ExitCode:
    """Remove the profile's stored token. This does not revoke it; twice is fine."""
    profile = run.settings.profile.value
    removal = run.vault.delete(service_name(run.settings.base_url.value), profile)
    if removal.found:
        run.say(f"the token of profile {profile} for {run.host} was removed from this machine")
    else:
        run.say(f"no token of profile {profile} for {run.host} was stored")
    if removal.unasked is not None:
        run.say(f"the keyring could not be asked: {removal.unasked.message}")
    run.say("this does not revoke it: a token is revoked on the account's page")
    variable = environment_token_variable(run.env)
    if variable is not None:
        run.say(f"{variable} is set and still supplies a token")
    return ExitCode.OK
