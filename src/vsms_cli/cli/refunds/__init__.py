"""`vsms refunds`: whether all money that should have come back came back."""
