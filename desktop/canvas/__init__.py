"""The picture: viewport arithmetic, pixels in memory, tiles, the mark over it, and its widget."""
