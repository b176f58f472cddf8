"""`vsms sandbox`: the operator's levers of the embedded service."""
