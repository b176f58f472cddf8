"""What can go wrong on the operator's side of the sandbox."""


class SandboxError(Exception):
    """The sandbox can't do what its operator asks; the text says why and what would do."""


class NoRoom(SandboxError):
    """The disk is full, or can't be written."""


class OrderUnknown(SandboxError, LookupError):
    """No order has this id, or an id with this beginning."""
