"""The bare download, for ``_readers``: the same requests by the same HTTP library, nothing done with the answers."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx2

from benchmarks._measuring import Timed, timed
from benchmarks._readers import answer

_VALIDATORS = {"etag": "if-none-match", "last-modified": "if-modified-since"}


def read_twice(urls: list[str], threads: int, folder: Path) -> tuple[Timed, Timed, int]:
    """Everything, then again with validators; nothing is kept. Raises RuntimeError for an unexpected status."""
    del folder
    sent: list[Mapping[str, str]] = [{}] * len(urls)
    got: list[httpx2.Response] = []
    first = timed(partial(_get, urls, sent, threads, 200, got))
    sent = [{theirs: r.headers[ours] for ours, theirs in _VALIDATORS.items()} for r in got]
    return first, timed(partial(_get, urls, sent, threads, 304, [])), 0


def _get(
    urls: Sequence[str],
    headers: Sequence[Mapping[str, str]],
    threads: int,
    status: int,
    got: list[httpx2.Response],
) -> None:
    with httpx2.Client(trust_env=False) as client, ThreadPoolExecutor(threads) as pool:
        got += pool.map(lambda url, sent: client.get(url, headers=sent), urls, headers)
    if {r.status_code for r in got} != {status}:
        raise RuntimeError(f"expected {status} only")


if __name__ == "__main__":
    answer(read_twice)
