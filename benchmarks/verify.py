"""How many summaries a minute the checks hold against their sources, and how that grows with the sources."""

import random
from functools import partial
from statistics import median

from benchmarks._measuring import Row, compared, seconds
from pipeline.text.common_words import COMMON
from pipeline.text.tokens import words
from pipeline.verify.engine import apply_verify

SOURCE_SENTENCES = 30  # of about 110 characters: a news story, as long as the median of RAGTruth's
SUMMARY_SENTENCES = 6
_LONGER = 10
_WORDS = sorted(COMMON)


def measure(small: bool) -> list[Row]:
    """Generated stories with names and figures, half of whose summaries have a wrong figure; one core."""
    count, rounds = (4, 1) if small else (300, 5)
    stories = [_story(random.Random(i), SOURCE_SENTENCES) for i in range(count)]
    long_ones = [_story(random.Random(i), SOURCE_SENTENCES * _LONGER) for i in range(max(2, count // _LONGER))]
    ours, bare, longer = [], [], []
    for _ in range(rounds):
        ours.append(seconds(partial(_verify, stories)))
        bare.append(seconds(partial(_words, stories)))
        longer.append(seconds(partial(_verify, long_ones)))
    a_minute = 60 * count / median(ours)
    growth = median(longer) / len(long_ones) / (median(ours) / count)
    text = f"{len(stories[0][1]):,} characters of source, {len(stories[0][0]):,} of summary"
    return [
        Row(
            name="verify: summaries a minute, one core",
            figure=a_minute,
            unit="/min",
            baseline="2,000 wanted",
            note=text,
        ),
        compared("verify: all checks", ours, bare, "folding the words of summary and sources", text),
        Row(
            name=f"verify: time for sources {_LONGER} times as long",
            figure=growth / _LONGER,
            unit="x",
            baseline=f"linear: {_LONGER} times the time",
            note=f"{growth:.1f} times the time",
        ),
    ]


def _verify(stories: list[tuple[str, str]]) -> None:
    for i, (summary, source) in enumerate(stories):
        apply_verify({"id": i, "summary": summary, "sources": [{"id": "s", "text": source}]})


def _words(stories: list[tuple[str, str]]) -> None:
    for summary, source in stories:
        words(summary)
        words(source)


def _story(rng: random.Random, sentences: int) -> tuple[str, str]:
    """(summary, source) of sentences of everyday words, each with a name and a figure."""
    source = [_sentence(rng) for _ in range(sentences)]
    summary = rng.sample(source, SUMMARY_SENTENCES)
    if rng.random() < 0.5:
        summary[0] = summary[0].replace("million", "billion")
    return " ".join(summary), " ".join(source)


def _sentence(rng: random.Random) -> str:
    name = "".join(rng.choice("BDFGKLMNPRSTV") + rng.choice("aeiou") for _ in range(3)).capitalize()
    told = " ".join(rng.choice(_WORDS) for _ in range(12))
    return f"{name} {told} for ${rng.randint(1, 999)} million in {rng.randint(1990, 2026)}."
