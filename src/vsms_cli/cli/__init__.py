"""The command line: Typer reads, a body asks and hands over."""
