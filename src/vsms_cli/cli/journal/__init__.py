"""`vsms journal`: what was intended, and what came of it."""
