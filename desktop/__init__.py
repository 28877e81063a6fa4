"""The Qt program of VaultSecure Gallery: it speaks to the server over HTTP and WebSocket only."""

VERSION = "0.1.0"
