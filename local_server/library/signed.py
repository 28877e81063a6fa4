"""Signed addresses: for a while, one of them is all it takes to see one rendition in one viewing session."""

from collections.abc import Callable
from datetime import datetime, timedelta

from local_server.accounts.errors import NotAllowed
from local_server.accounts.models import LOOKS_AT_PICTURES, Caller
from local_server.accounts.tokens import Tokens
from local_server.library.delivery import Delivered, Delivery, Kind
from local_server.library.service import Library


class SignedAddresses:
    """Gives them out and honours them; what comes from one carries the mark of who asked for it."""

    def __init__(
        self,
        tokens: Tokens,
        library: Library,
        delivery: Delivery,
        caller_of: Callable[[str], Caller],
        life: timedelta,
    ) -> None:
        self._tokens = tokens
        self._library = library
        self._delivery = delivery
        self._caller_of = caller_of
        self._life = life

    def sign(self, caller: Caller, picture_id: str, kind: Kind) -> tuple[str, datetime]:
        """Return the token of an address, once the storage is known to have what it names.

        Raises PictureUnknown, or the outage of the storage.
        """
        self._library.level(caller, picture_id)
        self._delivery.verify(picture_id, kind)
        return self._tokens.address(picture_id, caller.viewing_session_id, kind.value, self._life)

    def view(self, picture_id: str, token: str, admit: Callable[[Caller], None]) -> Delivered:
        """Return what an address names. Raises as `Delivery.deliver` does, and what is wrong with the token.

        Rights are looked at now, not when it was signed: it ends with its session and with every right.
        `admit` refuses whoever asks too often, by an exception.
        """
        granted, rendition = self._tokens.read_address(token)
        caller = self._caller_of(granted.viewing_session_id)
        if granted.picture_id != picture_id or caller.role not in LOOKS_AT_PICTURES:
            raise NotAllowed
        admit(caller)
        return self._delivery.deliver(caller, picture_id, Kind(rendition))
