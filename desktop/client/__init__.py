"""The server as the desktop sees it: transport, session, live events, models and errors; no widget is known here."""
