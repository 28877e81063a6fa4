"""Ways of noticing that somebody works on the program itself, one a file; each looks when it is asked."""
