"""The Arena leaderboard: what is told of a change, and that nothing is fetched or told twice."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline.errors import SourceError
from pipeline.net.http import HttpClient
from pipeline.sources import FetchState
from pipeline.sources.arena import CREDIT, Options, fetch, parse
from pipeline.types import Item, Payload

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(timeout_s=5, total_timeout_s=10, max_bytes=5_000_000, contact="") as client:
        yield client


def row(model: str, rating: float, spread: float = 5, **more: object) -> dict[str, object]:
    return {
        "model_name": model,
        "rating": rating,
        "rating_lower": rating - spread,
        "rating_upper": rating + spread,
        "rank": 0,
        "vote_count": 9_000,
        "organization": "Acme",
        "license": "Proprietary",
        "category": "overall",
        "leaderboard_publish_date": "2026-11-20",
        **more,
    }


def viewer(rows: list[dict[str, object]]) -> Any:
    """The dataset viewer, one page of at most 100 rows a request."""

    def answer(request: Request) -> Answer:
        assert (request.args["config"], request.args["split"]) == ("text", "latest")
        assert request.args["where"] == "\"category\"='overall'"
        at, length = int(request.args["offset"]), int(request.args["length"])
        assert length <= 100
        page = [{"row_idx": i, "row": r, "truncated_cells": []} for i, r in enumerate(rows[at : at + length], at)]
        return Answer(json.dumps({"rows": page, "num_rows_total": len(rows)}), content_type="application/json")

    return answer


def items_of(payload: Payload, options: Options) -> list[Item]:
    return list(parse(payload, options).items)


def test_each_new_board_is_compared_with_the_last_one_seen(httpserver: HTTPServer, http: HttpClient) -> None:
    options = Options(base_url=httpserver.url_for("/"), allow_private=True)
    rows = [row(f"model-{n}", 1500 - n) for n in range(250)]
    httpserver.expect_request("/filter").respond_with_handler(viewer(rows))
    first = fetch(options, FetchState(source_id="arena"), http, NOW)
    assert [i.title for i in items_of(first.payloads[0], options)] == ["Arena text: model-0 leads"]
    assert len(httpserver.log) == 3

    again = fetch(options, FetchState(source_id="arena", cursor=first.cursor), http, NOW)
    assert (again.payloads, again.cursor) == ((), first.cursor)

    rows[:] = [{**r, "leaderboard_publish_date": "2026-11-27"} for r in rows]
    rows += [row("newcomer", 1600, leaderboard_publish_date="2026-11-27", license="MIT")]
    later = fetch(options, FetchState(source_id="arena", cursor=first.cursor), http, NOW)
    (item,) = items_of(later.payloads[0], options)
    assert item.title == "Arena text: newcomer is the new number one"
    assert "model-9 (now rank 11)" in item.body
    assert "1 model is new on the board since 2026-11-20, which now lists 251." in item.body
    assert item.credit == CREDIT
    assert item.guid == "text 2026-11-27"


def test_a_board_that_changes_while_it_is_read_is_read_later(httpserver: HTTPServer, http: HttpClient) -> None:
    rows = [row(f"m{n}", 1500 - n, leaderboard_publish_date=f"2026-11-{20 + n // 100}") for n in range(200)]
    httpserver.expect_request("/filter").respond_with_handler(viewer(rows))
    with pytest.raises(SourceError, match="while it was read"):
        fetch(Options(base_url=httpserver.url_for("/"), allow_private=True), FetchState(source_id="arena"), http, NOW)


def test_a_snapshot_in_csv_is_dated_by_its_name(httpserver: HTTPServer, http: HttpClient) -> None:
    text = "Rank* (UB),Model,Arena Score,95% CI,Votes,Organization,License\n1,Heron 1,1300,+4/-3,55000,Heron Labs,MIT\n"
    path = "/leaderboard_table_20250804.csv"
    httpserver.expect_request(path).respond_with_data(text, headers={"ETag": '"a"'})
    options = Options(url=httpserver.url_for(path), allow_private=True)
    fetched = fetch(options, FetchState(source_id="arena"), http, NOW)
    (item,) = items_of(fetched.payloads[0], options)
    assert item.guid == "text 2025-08-04"
    assert "1300 points, 95% interval 1297 to 1304" in item.body
    assert fetched.validators["etag"] == '"a"'


def told(before: list[dict[str, object]], now: list[dict[str, object]]) -> Item:
    days = [
        {**r, "leaderboard_publish_date": d} for d, rows in (("2026-11-01", before), ("2026-11-08", now)) for r in rows
    ]
    body = json.dumps({"rows": [{"row": r} for r in days]}).encode()
    payload = Payload(source_id="arena", url="x", fetched_at=NOW, media_type="", body=body)
    (item,) = items_of(payload, Options())
    return item


def test_a_new_leader_is_only_number_one_where_the_intervals_are_apart() -> None:
    before = [row("old", 1500)]
    assert told(before, [row("new", 1511), row("old", 1500)]).title == "Arena text: new is the new number one"
    level = told(before, [row("new", 1509), row("old", 1500)])
    assert level.title == "Arena text: new draws level at the top"
    assert "the intervals overlap, so no number one is certain" in level.body


def test_a_new_spelling_is_no_new_model() -> None:
    item = told([row("Claude 3.5 Sonnet", 1500)], [row("claude-3-5-sonnet", 1501)])
    assert item.title == "Arena text: claude-3-5-sonnet stays first"
    assert "new" not in item.body


def test_real_boards_month_by_month(shared_data: Path) -> None:
    """Against a second reading of the same rows: who leads, whether for certain, and the best open model."""
    lines = (shared_data / "leaderboard" / "arena.jsonl").read_text(encoding="utf-8").splitlines()
    body = "\n".join(lines).encode()
    payload = Payload(source_id="arena", url="x", fetched_at=NOW, media_type="", body=body)
    items = {i.guid: i for i in items_of(payload, Options())}
    days: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for line in lines:
        r = json.loads(line)
        if r["board"] == "lmsys":
            days[r["snapshot"]].append(r)
    assert len(days) == 14
    leader = ""
    for day in sorted(days):
        rows = sorted(days[day], key=lambda r: -float(r.get("arena_score") or r["arena_elo"]))
        best, second = rows[:2]
        score = [float(r.get("arena_score") or r["arena_elo"]) for r in (best, second)]
        low = score[0] - float(best["95_pct_ci"].partition("-")[2])
        high = score[1] + float(second["95_pct_ci"].partition("/")[0])
        changed, leader = best["model"] != leader, best["model"]
        if f"lmsys {day}" not in items:
            continue  # the first one has nothing to be compared with
        item = items[f"lmsys {day}"]
        assert item.body.startswith(f"On the Arena lmsys leaderboard of {day}, {best['model']} (")
        assert ("is the new number one" in item.title) == (changed and low > high)
        assert ("no number one is certain" in item.body) == (low <= high)
        closed = ("Proprietary", "Propretary", "Other", "", "-")
        best_open = next(r for r in rows if r["license"] not in closed)
        assert f"open weights is {best_open['model']} " in item.body
