"""The table of what may leave the program."""

import pytest

from desktop.guard.events import LEVELS
from desktop.guard.outlets import Outlet, refusal


@pytest.mark.parametrize("curates", [True, False])
@pytest.mark.parametrize("level", [*LEVELS, "", "of tomorrow"])
@pytest.mark.parametrize("outlet", Outlet)
def test_each_way_out_is_open_or_says_why_not_and_what_to_do(
    outlet: Outlet, level: str, curates: bool
) -> None:
    opened = {
        Outlet.COPY: level == "open",
        Outlet.PRINT: level == "open",
        Outlet.DRAG: False,
        Outlet.EXPORT: curates,
    }
    refused = refusal(outlet, level, curates=curates)
    assert (refused is None) == opened[outlet]
    if refused is not None:
        assert refused.words.endswith(".")
        assert refused.advice.endswith(".")
        assert curates or "Export" not in refused.advice
