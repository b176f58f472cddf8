"""vsms: the command line for account holders of VirtualSMS."""

__version__ = "0.2.0"
