"""The real HTTP client, for sources that are asked on the loopback."""

from collections.abc import Iterator

import pytest

from pipeline.net.http import HttpClient


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(timeout_s=5, total_timeout_s=10, max_bytes=5_000_000, contact="") as client:
        yield client
