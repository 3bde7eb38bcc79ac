"""Stories to summarise, for the tests beside."""

from datetime import UTC, datetime

from pipeline.types import Item, Story

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)

BODY = (
    "OpenAI on Monday released GPT-5.4-mini, a smaller model that the company says costs "
    "$0.75 per million input tokens. "
    "It is available in the API today. "
    "In OpenAI’s own tests the model scored 71.2% on SWE-bench Verified, up from 65.0% for its predecessor. "
    "What does this mean for you?\n"
    "Subscribe to our newsletter for more stories like this one."
)
SECOND = (
    "A cheaper GPT-5.4-mini arrived on Monday. "
    "OpenAI said the small model will replace GPT-5-mini in ChatGPT for free users by December. "
    "The price is $0.75 per million input tokens, OpenAI said, a third of what the large model costs."
)


def item(number: int, title: str, body: str = "", **other: object) -> Item:
    given: dict[str, object] = {
        "id": f"{number:016x}",
        "source_id": "example",
        "guid": str(number),
        "url": f"https://www.example.com/{number}",
        "title": title,
        "body": body,
        "fetched_at": NOW,
        "language": "en",
    }
    return Item(**(given | other))  # type: ignore[arg-type]


def story(*items: Item) -> Story:
    return Story(id=items[0].id, items=items, first_seen_at=NOW, last_seen_at=NOW)


RELEASE = story(item(1, "OpenAI releases GPT-5.4-mini | OpenAI", BODY), item(2, "A cheaper small model", SECOND))
