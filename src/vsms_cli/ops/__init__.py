"""What `vsms` does, told by ports: no HTTP, no files, no printing."""
