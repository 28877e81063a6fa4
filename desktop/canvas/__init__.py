"""The picture: viewport arithmetic, pixels in memory, tiles, the mark over it, and the widget that paints them."""
