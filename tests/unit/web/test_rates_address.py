"""Whoever has a whole network of addresses is still one asker."""

import pytest

from local_server.web.errors import TooManyRequests
from local_server.web.rates import Rates


def test_the_addresses_of_one_network_count_together() -> None:
    rate = Rates(None).rate("sign_in", "2/minute")
    rate.spend("address", "2001:db8::1")
    rate.spend("address", "2001:db8::2:1")
    with pytest.raises(TooManyRequests):
        rate.spend("address", "2001:db8:0:0:ffff::3")
    rate.spend("address", "2001:db8:0:1::1")


def test_addresses_of_ipv4_and_what_is_none_count_alone() -> None:
    rate = Rates(None).rate("sign_in", "1/minute")
    for one in ("192.0.2.1", "::ffff:192.0.2.2", "::ffff:192.0.2.3", "", "testclient", "fe80::1%eth0"):
        rate.spend("address", one)
    with pytest.raises(TooManyRequests):
        rate.spend("address", "::ffff:192.0.2.1")
