"""The sentinel process: sees every client's reads on an X display and hides what is protected."""
