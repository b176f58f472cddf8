"""`vsms transactions`: the ledger, as the service keeps it."""
