"""The page docs/settings.md, written from the table of settings."""

from local_server.settings.fields import Fields
from local_server.settings.loading import PREFIX, SECRETS


def table() -> str:
    """Return docs/settings.md."""
    rows = []
    for name, field in Fields.model_fields.items():
        extra = field.json_schema_extra
        default = extra["default"] if isinstance(extra, dict) else f"`{field.default}`"
        secret = " *Secret.*" if name in SECRETS else ""
        rows.append(f"| `{name.upper()}` | {default} | {field.description}{secret} |")
    return _PAGE.format(prefix=PREFIX, rows="\n".join(rows))


_PAGE = """\
# Settings

The server needs none of these: every one has a default. They are environment variables, read once at the
start. An empty variable counts as not set. A value that can't be used, or a variable that begins with
`{prefix}` and is none of these, stops the start with a list of everything that is wrong; no value of a secret
is ever shown. A secret can also be in a file: `DATABASE_URL_FILE=/run/secrets/database` in place of
`DATABASE_URL`.

| variable | default | meaning |
|---|---|---|
{rows}
"""
