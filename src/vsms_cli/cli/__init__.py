"""The command line: Typer reads the arguments; each command asks, calls `ops` and reports."""
