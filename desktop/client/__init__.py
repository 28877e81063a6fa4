"""The server as the desktop sees it: transport, session, live events, models, errors; it knows no widget."""
