"""The audit record: an append-only table in SQLite, each entry chained to the one before by SHA-256."""
