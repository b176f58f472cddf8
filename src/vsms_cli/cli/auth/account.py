"""Whose token it is, as far as the API says."""

from typing import TYPE_CHECKING

from vsms_cli.domain.errors import VsmsError

if TYPE_CHECKING:  # help and completion import this command, and httpx costs 60 ms
    from vsms_cli.api.client import Client


def email_of(client: "Client") -> str | None:
    """The account's e-mail; None where the deployment does not give it. The profile is a courtesy, not a proof."""
    try:
        return client.account().email
    except VsmsError:
        return None
