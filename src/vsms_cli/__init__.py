"""vsms: the command line for account holders of VirtualSMS."""

__version__ = "0.1.0"
