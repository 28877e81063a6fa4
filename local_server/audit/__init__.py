"""The append-only, hash-chained log of everything that somebody may have to answer for."""
