"""PURE: what a page prints in its other languages: under each paragraph, or as a second issue at its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.render.printed import Entry, Printed
from pipeline.text.characters import one_line
from pipeline.text.language import base, html_tag, own_name
from pipeline.text.spacing import space
from pipeline.text.tokens import reading_minutes
from pipeline.types import HEADLINE, WHY_IT_MATTERS

Made = Mapping[int, tuple[str, str]]  # number -> (what was translated, its translation)
GAP = "[…]"  # where a sentence of a paragraph has no translation
_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "ur", "yi"})
_MINUTES = {"zh": "{} {} 分钟", "ja": "{} {} 分", "ko": "{} {}분"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsView:
    """The texts of a story, or a lead (its ``sentences``), in another language; "" and () where there are none."""

    language: str
    direction: Literal["ltr", "rtl"]
    headline: str = ""
    sentences: tuple[str, ...] = ()
    opinions: tuple[str, ...] = ()
    why_it_matters: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them, for counting."""
        return tuple(t for t in (self.headline, *self.sentences, *self.opinions, self.why_it_matters) if t)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSectionView:
    """A section of a part, and its stories, each with the address of its headline ("" where there is none)."""

    name: str
    stories: tuple[tuple[TextsView, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """The whole issue again in another language, which calls itself ``name``."""

    name: str
    lead: TextsView
    sections: tuple[PartSectionView, ...]


@dataclass(slots=True)
class Tally:
    """How many printed texts have a translation, by language, and how many have none."""

    made: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def count(self, language: str, there: bool) -> None:
        """One text more."""
        counts = self.made if there else self.missing
        counts[language] = counts.get(language, 0) + 1


def direction(language: str) -> Literal["ltr", "rtl"]:
    """Which way a language is written."""
    return "rtl" if base(language) in _RIGHT_TO_LEFT else "ltr"


def lead_in(printed: Printed, language: str, tally: Tally) -> TextsView:
    """The lead in another language."""
    kept = {i: text for i, text in enumerate(printed.issue.lead) if i not in printed.lead_cut}
    made = printed.translations.get((printed.issue.id, language), {})
    return _view(language, sentences=_told(kept, made, language, tally))


def story_in(
    printed: Printed, entry: Entry, texts: Mapping[int, str], own: str, language: str, tally: Tally
) -> TextsView:
    """The printed ``texts`` of a story, which is written in ``own``, in a language: as they stand where that is it."""
    made = printed.translations.get((entry.story.id, language), {})
    if base(own) == base(language):
        made, tally = {n: (text, text) for n, text in texts.items()}, Tally()
    claims = entry.summary.claims if entry.summary else ()
    facts = {n: t for n, t in texts.items() if n >= 0 and not claims[n].speaker}
    opinions = {n: t for n, t in texts.items() if n >= 0 and claims[n].speaker}
    head, why = ({n: texts[n]} if n in texts else {} for n in (HEADLINE, WHY_IT_MATTERS))
    return _view(
        language,
        headline="".join(_told(head, made, language, tally)),
        sentences=_told(facts, made, language, tally),
        opinions=_told(opinions, made, language, tally),
        why_it_matters="".join(_told(why, made, language, tally)),
    )


def _told(texts: Mapping[int, str], made: Made, language: str, tally: Tally) -> tuple[str, ...]:
    """What is translated of these texts, as they stand now; a gap among them is marked."""
    told = [made[n][1] if n in made and made[n][0] == text else "" for n, text in texts.items()]
    for translation in told:
        tally.count(language, bool(translation))
    return tuple(space(one_line(t)) if t else GAP for t in told) if any(told) else ()


def _view(language: str, **texts: object) -> TextsView:
    return TextsView(language=html_tag(language), direction=direction(language), **texts)  # type: ignore[arg-type]


def reading(own: str, minutes: Mapping[str, Sequence[str]]) -> str:
    """ "6 min read", or "EN 6 min / 中文 5 分钟": what a reader of each language reads, never the sum."""
    counted = {language: max(1, round(reading_minutes("\n".join(texts)))) for language, texts in minutes.items()}
    if len(counted) < 2:
        return f"{counted[own]} min read"
    return " / ".join(_minutes(language, n) for language, n in counted.items())


def _minutes(language: str, n: int) -> str:
    form = _MINUTES.get(base(language), "{} {} min")
    return form.format(own_name(language) if base(language) in _MINUTES else language.upper(), n)


def how_translated(printed: Printed, tally: Tally) -> list[str]:
    """Who translated, how many texts are in one language only, and why where no model is asked."""
    said = []
    for language in printed.languages:
        made, missing = tally.made.get(language, 0), tally.missing.get(language, 0)
        name = own_name(language)
        if made:
            by = ", ".join(printed.translators.get(language, ()))
            said.append(f"The language model {by} translated {_texts(made)} into {name}; code compared their numbers.")
        if missing and not made:
            why = "the model gave no translation" if printed.can_translate else "no model is set that could"
            said.append(f"This issue was not translated into {name}: {why}.")
        elif missing:
            said.append(f"{_texts(missing).capitalize()} {'has' if missing == 1 else 'have'} no {name} that held.")
    return said


def _texts(n: int) -> str:
    return "1 text" if n == 1 else f"{n:,} texts"
