"""The screen that stands in a hall: its own X server, and one way out, by PIN."""
