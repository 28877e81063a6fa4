"""Sealed blobs on disk and the keys that open them."""
