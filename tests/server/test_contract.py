"""The committed contract is what the code does: OpenAPI, error codes, settings."""

import json

import pytest

from local_server import contract
from local_server.errors import Failure


@pytest.mark.parametrize("name", ["openapi.json", "errors.json", "settings.md", "api.md"])
def test_the_committed_file_is_what_the_code_says(name: str) -> None:
    path, content = next(item for item in contract.files().items() if item[0].name == name)
    assert path.read_text() == content, "run `python -m local_server.contract`"


def test_every_failure_has_a_code_a_title_and_advice_of_its_own() -> None:
    listed = json.loads((contract.ROOT / "resources/contract/errors.json").read_text())
    for kind in contract.failures():
        assert kind.code in listed, kind
        assert kind.code != Failure.code, f"{kind} has no code of its own"
        assert kind.title != Failure.title, f"{kind} has no title of its own"
        assert kind.advice != Failure.advice or kind.status >= 500, f"{kind} has no advice of its own"
        assert kind.code == kind.code.lower()
        assert kind.title.strip(".") == kind.title
        assert kind.advice.endswith(".")
        assert 400 <= kind.status < 600


def test_operations_have_names_of_their_own() -> None:
    operations = [
        operation["operationId"]
        for methods in contract.openapi()["paths"].values()
        for operation in methods.values()
    ]
    assert len(operations) == len(set(operations))
