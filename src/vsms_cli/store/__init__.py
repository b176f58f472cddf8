"""What is kept on this machine: settings, tokens, the journal."""
