from itertools import count, islice

from pipeline.dedupe.apply import BATCH_ROWS, apply_dedupe


def row(name: str, title: str, **more: object) -> dict[str, object]:
    return {
        "id": name,
        "source": name,
        "url": "",
        "title": title,
        "body": "",
        "published_at": "2026-11-23T08:00:00Z",
        **more,
    }


def test_one_line_out_for_each_line_in_and_in_its_order() -> None:
    rows = [row("a", "Micron leaves Crucial"), row("b", "Bears sleep"), row("c", "Micron is killing Crucial")]
    found = list(apply_dedupe(rows))
    assert [(f["id"], f["story_id"], f["method"]) for f in found] == [
        ("a", "a", "first"),
        ("b", "b", "first"),
        ("c", "a", "similar"),
    ]
    assert all(0 <= float(str(f["score"])) <= 1 for f in found)


def test_a_bad_row_says_so_and_harms_no_other() -> None:
    rows: list[dict[str, object]] = [
        row("a", "Orca"),
        {"title": "no id"},
        row("c", "Heron", published_at="yesterday"),
        row("d", "Badger"),
    ]
    found = list(apply_dedupe(rows))
    assert [sorted(f) for f in found] == [
        ["id", "method", "score", "story_id"],
        ["error", "id"],
        ["error", "id"],
        sorted(found[0]),
    ]
    assert found[1] == {"id": None, "error": "the line is no JSON object with an id"}


def test_rows_may_lack_everything_but_the_id() -> None:
    assert list(apply_dedupe([{"id": "a"}, {"id": 7, "title": None}])) == [
        {"id": "a", "story_id": "a", "method": "first", "score": 1.0},
        {"id": "7", "story_id": "7", "method": "first", "score": 1.0},
    ]


def test_an_endless_stream_is_answered_as_it_comes() -> None:
    endless = (row(str(n), f"Story number {n}") for n in count())
    assert len(list(islice(apply_dedupe(endless), BATCH_ROWS + 1))) == BATCH_ROWS + 1


def test_the_same_input_gives_the_same_stories() -> None:
    rows = [row(str(n), f"Orca {n % 7} meets heron {n % 3}") for n in range(60)]
    assert list(apply_dedupe(rows)) == list(apply_dedupe(rows))


def test_dates_at_the_edge_of_time_are_survived() -> None:
    dates = ["0001-01-01", "9999-12-31T23:59:59Z", "2026-11-23", ""]
    assert len(list(apply_dedupe([row(d, "Orca", published_at=d) | {"id": f"i{d}"} for d in dates]))) == len(dates)
