"""Sign-in through an organisation: OpenID Connect, authorisation code with PKCE, in the system's browser."""
