"""One encrypted file that holds an installation whole, and an installation made from it."""
