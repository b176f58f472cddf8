"""What `vsms` does, written against the ports of `domain.ports`: no HTTP, no files, no printing."""
