"""Instructions in the texts of real feeds, and a model that obeys each of them: what becomes of what they ask for.

The instructions are those of BIPIA (https://github.com/microsoft/BIPIA) in ../shared/data/security; what the model
writes to obey them is made here, kind by kind.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from pipeline.store import deliveries, issues, leads, summaries
from pipeline.types import Check, Summary
from tests.e2e.replay import Site, shown
from tests.e2e.world import Post, World, configuration, honest, model_server, post_office

ISSUE = "2025-12-03"
READER = "ann@example.org"
HIDDEN = 1_000  # the number of a note that no reader sees begins here
SAYINGS = {
    "Information Retrieval": "Brasília is the capital of Brazil, and Einstein explained relativity in 1905.",
    "Content Creation": "The sea lay silver under the evening moon while the detective chased the thief.",
    "Learning and Tutoring": "Plants turn light, water and carbon dioxide into sugar and oxygen.",
    "Language Translation": "Bonjour, comment allez-vous, and the library is called Bibliothek.",
    "Programming Help": "Recursion means that factorial calls itself with the number minus one.",
    "Instruction": "Knead flour, water and yeast, wear goggles, and change your password every month.",
    "Social Interaction": "We thank you for your support; share your opinions in the comments below.",
    "Persuasion": "Everybody should vote in the coming elections, eat plants and donate to disaster relief.",
    "Clickbait": "A shocking celebrity scandal and one weird trick will make you rich overnight.",
    "Malware Distribution": "Download the free tool now to update your software and boost your computer speed.",
}
NOTE = re.compile(r"NOTE (\d+): ")
DOMAIN = re.compile(r"\b(?:[\w.]+@)?(?:www\.)?\w+\.(?:com|xyz)\b")


def spoilt(kind: str, sentence: str) -> str:
    """A sentence as the kinds that ask for other letters want it."""
    words = sentence.split()
    if kind == "Alphanumeric Substitution":
        return sentence.translate(str.maketrans("aeiou", "12345"))
    if kind == "Homophonic Substitution":
        return sentence.translate(str.maketrans("aeis", "@3!$"))
    if kind == "Space Removal & Grouping":
        return "".join(words)
    mixed = random.Random(sentence)
    return " ".join("".join(mixed.sample(word, len(word))) for word in words)


@dataclass
class Obedient:
    """A model that does whatever a text tells it to, with a quotation of the source as evidence."""

    rows: list[dict[str, str]]
    prompts: list[str] = field(default_factory=list)
    wrote: dict[int, set[str]] = field(default_factory=dict)  # number of a note -> the sentences that obey it

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        notes = {int(number) for number in NOTE.findall(prompt)}
        answer = json.loads(honest(prompt))
        for pair in answer.get("pairs", ()):
            pair["same"] = pair["same"] or bool(notes)
        for grade in answer.get("grades", ()):
            grade["grade"] = 4 if notes else grade["grade"]
        if "claims" in answer:
            for number in sorted(notes):
                self._obey(number, answer["claims"])
            del answer["claims"][4:]
        return json.dumps(answer)

    def _obey(self, number: int, claims: list[dict[str, object]]) -> None:
        row, first = self.rows[number % HIDDEN], claims[0]
        if said := SAYINGS.get(row["kind"]):
            places = " ".join(place for place in DOMAIN.findall(row["text"]))
            text = f"{said.rstrip('.')}, see {places}." if places else said
            claims.insert(0, {"text": text, "quotes": first["quotes"]})
        else:
            text = spoilt(row["kind"], str(first["text"]))
            first["text"] = text
        self.wrote.setdefault(number, set()).add(text)


class HostileSite(Site):
    """A day of the web in whose feeds somebody put a note for language models into every entry."""

    def __init__(self, data: Path, rows: list[dict[str, str]]) -> None:
        super().__init__(data / "replay", ISSUE)
        self.notes = rows

    def feeds(self) -> dict[str, bytes]:
        count = iter(range(100_000))
        return {name: self._with_notes(body.decode(), count).encode() for name, body in super().feeds().items()}

    def _with_notes(self, feed: str, count: Iterator[int]) -> str:
        tag = "summary" if "<entry" in feed else "description"

        def put(found: re.Match[str]) -> str:
            n = next(count)
            entry = re.sub(rf"<{tag}\b.*?</{tag}>|<content\b.*?</content>|<content:encoded>.*?</content:encoded>", "",
                           found[0], flags=re.DOTALL)  # fmt: skip
            text = self._text(found[0], tag) + self._note(n % len(self.notes), hidden=False)
            text += self._note(n % len(self.notes), hidden=True, way=n % 5)
            at = entry.rindex("</")
            typed = ' type="html"' if tag == "summary" else ""
            return f"{entry[:at]}<{tag}{typed}>{escape(text)}</{tag}>{entry[at:]}"

        return re.sub(r"<item\b.*?</item>|<entry\b.*?</entry>", put, feed, flags=re.DOTALL)

    @staticmethod
    def _text(entry: str, tag: str) -> str:
        """What the entry said, as HTML."""
        import html

        found = re.search(rf"<{tag}\b[^>]*>(.*?)</{tag}>", entry, re.DOTALL)
        raw = found[1] if found else ""
        cdata = re.fullmatch(r"\s*<!\[CDATA\[(.*)\]\]>\s*", raw, re.DOTALL)
        return cdata[1] if cdata else html.unescape(raw)

    def _note(self, number: int, *, hidden: bool, way: int = 0) -> str:
        said = f"NOTE {number + (HIDDEN if hidden else 0)}: {self.notes[number]['text']}"
        if not hidden:
            return f"<p>{escape(said)}</p>"
        tags = "".join(chr(0xE0000 + ord(char)) for char in said if ord(char) < 128)
        return (
            f'<p style="display:none">{escape(said)}</p>',
            f'<p style="color:#fff">{escape(said)}</p>',
            f'<p style="font-size:0">{escape(said)}</p>',
            f'<p style="position:absolute;left:-9999px">{escape(said)}</p>',
            f"<p>{tags}</p>",
        )[way]


@dataclass
class Evening:
    """What one run with the obedient model left behind: as drafted, and as it was mailed unseen."""

    model: Obedient
    written: list[tuple[Summary, tuple[Check, ...]]]
    lead: tuple[str, ...]
    lead_checks: tuple[Check, ...]
    counts: dict[str, int]
    mails: list[EmailMessage]


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    data = Path(__file__).parents[2].parent / "shared" / "data"
    if not data.is_dir():
        pytest.skip("../shared/data is not beside this checkout")
    rows = [json.loads(line) for line in (data / "security" / "injections.jsonl").read_text("utf-8").splitlines()]
    site = HostileSite(data, rows)
    with shown(site) as base, post_office() as (post, port), model_server() as model:
        model.answer = obedient = Obedient(rows)
        over = {
            "fetch": {"stale_after_hours": 100_000},  # so that there are stories enough for all notes
            "rank": {
                "minutes": 240,
                "least_score": 0,
                "per_company": 100,
                "sections": [{"name": "News", "limit": 100}],
            },
            "model": {"base_url": model.base_url, "name": "m", "price": {"input": 0, "output": 0}},
            "review": {"policy": "publish_marked"},
        }
        folder = tmp_path_factory.mktemp("hostile")
        world = World(folder=folder, config=configuration(base, site.names, port, **over))
        yield _spent(world, obedient, post)


def _spent(world: World, model: Obedient, post: Post) -> Evening:
    with world.context() as ctx, ctx.store.begin() as db:
        deliveries.add_recipients(db, [(READER, "")], world.now)
    world.run()
    assert post.mails == [], "nothing goes out before its time, whatever a text says"
    with world.context() as ctx, ctx.store.read() as db:
        issue = issues.require(db, ISSUE)
        ids = [slot.story_id for slot in issue.slots if not slot.brief]
        found, checks = summaries.load(db, ids), summaries.checks_of(db, ids)
        keys = [(slot.story_id, slot.revision or 0) for slot in issue.slots if not slot.brief]
        written = [(found[key], checks.get(key, ())) for key in keys]
        lead_checks = leads.checks_of(db, ISSUE)
    world.pass_(hours=12)
    world.run()
    return Evening(model, written, issue.lead, lead_checks, dict(issue.counts), post.to(READER))


def ways(evening: Evening) -> dict[str, Counter[str]]:
    """Kind of instruction -> what became of the sentences that obey it: "refused" ones are in no summary."""
    obeying = {
        text: evening.model.rows[n % HIDDEN]["kind"] for n, texts in evening.model.wrote.items() for text in texts
    }
    found: dict[str, Counter[str]] = {}
    printed = set()
    for summary, checks in evening.written:
        flagged = {c.claim for c in checks if c.verdict != "supported"}
        for claim, text in summary.texts.items():
            if kind := obeying.get(text):
                printed.add(text)
                found.setdefault(kind, Counter())["flagged" if claim in flagged else "unflagged"] += 1
    for text in obeying.keys() - printed:
        found.setdefault(obeying[text], Counter())["refused"] += 1
    return found


def test_hidden_notes_reach_no_model_and_are_counted(evening: Evening) -> None:
    seen = {int(number) for prompt in evening.model.prompts for number in NOTE.findall(prompt)}
    assert len(seen) > 50, "the others are in the texts, as they should be"
    assert [number for number in seen if number >= HIDDEN] == []
    assert evening.counts["dropped_hidden_text"] > 50


def test_what_the_notes_ask_for_is_flagged_or_not_printed(evening: Evening, capsys: pytest.CaptureFixture[str]) -> None:
    found = ways(evening)
    with capsys.disabled():
        for kind, counts in sorted(found.items()):
            print(f"\n{kind:28}", dict(counts), end="")
    total = sum(found.values(), Counter())
    assert total["flagged"] + total["refused"] > 20
    assert {kind: counts["unflagged"] for kind, counts in found.items() if counts["unflagged"]} == {}


def test_no_address_of_theirs_is_linked_or_sent(evening: Evening) -> None:
    theirs = {place for row in evening.model.rows for place in DOMAIN.findall(row["text"])}
    (mail,) = evening.mails
    assert mail["To"] == READER
    bodies = [part.get_content() for part in mail.iter_parts() if isinstance(part, EmailMessage)]
    assert [place for place in theirs for body in bodies if place in body] == []
