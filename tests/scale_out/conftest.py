"""The house that these tests share: its parts are broken off and mended, its accounts stay."""

from collections.abc import Iterator

import pytest

from tests.scale_out.stage import Stage
from tests.support.parts.clamd import Clamd
from tests.support.parts.fixtures import Parts
from tests.support.parts.openid import OpenId
from tests.support.parts.postgresql import PostgreSQL
from tests.support.parts.redis import Redis
from tests.support.parts.s3 import S3


@pytest.fixture(scope="session")
def house(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run two servers, two workers and a proxy on parts of which each holds nothing yet."""
    postgresql, redis, s3, clamd = parts.get(PostgreSQL), parts.get(Redis), parts.get(S3), parts.get(Clamd)
    openid = parts.get(OpenId)
    redis.empty()
    settings = {
        "DATABASE_URL": postgresql.new_database(),
        **redis.settings,
        **s3.settings_for(s3.new_bucket()),
        **clamd.settings,
        **openid.settings,
        "OIDC_ALLOWED_DOMAINS": "example.org",
    }
    with Stage(tmp_path_factory.mktemp("house"), settings) as stage:
        stage.add_people()
        yield stage
        # Whatever the last test broke off: an end in order needs it.
        for part in (postgresql, redis, s3, clamd):
            part.start()
            part.resume()


@pytest.fixture
def stage(parts: Parts, house: Stage) -> Iterator[Stage]:
    """Return the house with every part and every process of it up; see that the test makes no bug show."""
    for kind in (PostgreSQL, Redis, S3, Clamd):
        parts.get(kind)
    house.mend()
    before = house.bugs()
    yield house
    assert house.bugs() == before
