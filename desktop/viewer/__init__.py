"""One picture: canvas, information, filmstrip, slideshow and compare."""
