"""Taking a picture out of the gallery as a file."""

from typing import NamedTuple
from urllib.parse import unquote

import httpx

_NAME = "filename*=UTF-8''"


class Exported(NamedTuple):
    """A file as it is to be saved."""

    name: str
    content: bytes


def read_export(response: httpx.Response) -> Exported:
    """Read the answer of POST /images/{id}/export."""
    _, _, quoted = response.headers.get("content-disposition", "").partition(_NAME)
    # Only a name, whatever an answer says: it is shown in a dialog for places.
    name = unquote(quoted).replace("/", "_").replace("\\", "_").lstrip(".")
    return Exported(name or "picture", response.content)
