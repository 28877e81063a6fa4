"""From files in folders to pictures in the library: watch, settle, scan, reconcile, ingest."""
