"""Engine, tables and migrations of the catalogue."""
