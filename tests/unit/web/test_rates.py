"""Rates hold over servers where there is a Redis, and in each of them while it is away."""

import pytest

from local_server.external.redis import RedisPart
from local_server.web.errors import TooManyRequests
from local_server.web.rates import Rates
from tests.support.parts.redis import Redis


def test_two_servers_count_together(redis: Redis) -> None:
    one, other = (Rates(RedisPart(redis.url())).rate("sign_in", "3/hour") for _ in range(2))
    one.spend("name", "ann")
    other.spend("name", "ann")
    one.spend("name", "ann")
    with pytest.raises(TooManyRequests) as refused:
        other.spend("name", "ann")
    assert 0 < float(refused.value.facts["retry_after"] or 0) <= 3600
    other.spend("name", "bob")


def test_each_server_counts_alone_while_redis_is_away(redis: Redis) -> None:
    rate = Rates(RedisPart(redis.url())).rate("sign_in", "2/hour")
    redis.stop()
    rate.spend("ann")
    rate.spend("ann")
    with pytest.raises(TooManyRequests):
        rate.spend("ann")


def test_a_redis_that_is_away_from_the_start_stops_nothing(redis: Redis) -> None:
    redis.stop()
    Rates(RedisPart(redis.url())).rate("sign_in", "2/hour").spend("ann")


def test_several_limits_all_hold() -> None:
    rate = Rates(None).rate("pictures", "5/hour;2/minute")
    rate.spend("ann")
    rate.spend("ann")
    with pytest.raises(TooManyRequests):
        rate.spend("ann")
