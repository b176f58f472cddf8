"""`vsms auth`: the token, where it lies, and which profile is in force."""
