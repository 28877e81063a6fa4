"""Pictures as pixels: decoding in isolation, metadata, colour, renditions and tiles."""
