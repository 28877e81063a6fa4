"""The library page: grid, sidebar, tool bar and status bar."""
