"""The bundled server of VaultSecure Gallery: one folder a capability, composed in `app`."""

VERSION = "0.1.0"
