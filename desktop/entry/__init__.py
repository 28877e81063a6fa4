"""The pages before the gallery: welcome, sign in, locked, safe mode."""
