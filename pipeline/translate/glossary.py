"""PURE: terms and their renderings: which of them a text holds, and whether its translation keeps to them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from pipeline.text.language import base

_STEM_CHARS = 5  # "train" of training, "quant" of quantized: in English a term is inflected
_SPACE = re.compile(r"\s+")
_HAN = re.compile("[\u3400-\u9fff]")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    en: str | tuple[str, ...]
    zh: str | tuple[str, ...]
    keep: bool = False
    ask: bool = False
    forbidden: tuple[str, ...] = ()


_ENTRIES = TypeAdapter(tuple[_Entry, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term: any of its words in either language, the one to ask for first.

    ``keep``: the English word may stand in Chinese. ``ask``: it is asked for and not insisted upon. ``forbidden``:
    Chinese words that must not stand for it.
    """

    en: tuple[str, ...]
    zh: tuple[str, ...]
    keep: bool = False
    ask: bool = False
    forbidden: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """For a prompt and for people: "agent: 智能体 (never 代理人)"."""
        kept = f" or {self.en[0]}" if self.keep and self.en[0] not in self.zh else ""
        never = f" (never {', '.join(self.forbidden)})" if self.forbidden else ""
        return f"{self.en[0]}: {' or '.join(self.zh)}{kept}{never}"


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a glossary file. Raises ValueError that says what is wrong with it."""
    try:
        entries = _ENTRIES.validate_python(yaml.safe_load(text) or ())
    except ValidationError as e:
        where, what = e.errors()[0]["loc"], e.errors()[0]["msg"]
        raise ValueError(f"term {'.'.join(map(str, where))}: {what}") from e
    except yaml.YAMLError as e:
        raise ValueError(f"it is no YAML: {e}") from e
    made = (
        Term(en=_all(e.en), zh=_all(e.zh), keep=e.keep, ask=e.ask, forbidden=tuple(filter(None, e.forbidden)))
        for e in entries
    )
    return tuple(term for term in made if term.en and term.zh)


def line_of(term: Term) -> str:
    """A term as a line of a glossary file."""
    entry: dict[str, object] = {"en": _short(term.en), "zh": _short(term.zh)}
    entry |= {"keep": True} if term.keep else {}
    entry |= {"forbidden": list(term.forbidden)} if term.forbidden else {}
    text = yaml.safe_dump(entry, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
    return f"- {text.strip()}\n"


def _short(words: tuple[str, ...]) -> str | list[str]:
    return words[0] if len(words) == 1 else list(words)


def laid_over(own: Iterable[Term], ours: Iterable[Term]) -> tuple[Term, ...]:
    """The operator's terms, and those of ours that share no English word with them."""
    first = tuple(own)
    taken = {word.casefold() for term in first for word in term.en}
    return (*first, *(term for term in ours if not taken & {word.casefold() for word in term.en}))


def found_in(text: str, terms: Sequence[Term]) -> list[Term]:
    """The terms that a text holds, in either language."""
    squeezed = _squeeze(text)
    return [t for t in terms if _english(t.en, text) or any(_squeeze(zh) in squeezed for zh in t.zh if _HAN.search(zh))]


def check(source: str, translation: str, language: str, terms: Sequence[Term]) -> None:
    """Raises ValueError for a term of ``source`` that is not rendered as it must be, or as it never is."""
    if base(language) == "zh":
        _check_chinese(source, translation, terms)
    elif base(language) == "en":
        _check_english(source, translation, terms)


def _check_chinese(source: str, translation: str, terms: Sequence[Term]) -> None:
    there, said = [t for t in terms if _english(t.en, source)], _squeeze(translation)
    right = {_squeeze(zh) for term in there for zh in term.zh}
    for term in there:
        if wrong := next((w for w in term.forbidden if _squeeze(w) in said and _squeeze(w) not in right), None):
            raise ValueError(f"{term.en[0]!r} is {' or '.join(term.zh)}, never {wrong}")
        kept = term.keep and _english(term.en, translation)
        if not term.ask and not kept and not any(_squeeze(zh) in said for zh in term.zh):
            raise ValueError(f"{term.en[0]!r} must be {' or '.join(term.zh)}")


def _check_english(source: str, translation: str, terms: Sequence[Term]) -> None:
    """Of several terms that one Chinese word renders, any will do; in "预训练" there is no 训练."""
    left, said = _squeeze(source), translation.casefold()
    meant: dict[str, list[Term]] = {}
    for term in terms:
        for zh in filter(_HAN.search, term.zh):
            meant.setdefault(_squeeze(zh), []).append(term)
    for zh in sorted(meant, key=len, reverse=True):
        if zh not in left:
            continue
        left = left.replace(zh, "\n")
        stems = {word[:_STEM_CHARS].casefold() for term in meant[zh] for word in term.en}
        if not any(term.ask for term in meant[zh]) and not any(stem in said for stem in stems):
            raise ValueError(f"{zh} must be {' or '.join(term.en[0] for term in meant[zh])}")


def _squeeze(text: str) -> str:
    return _SPACE.sub("", text).casefold()


def _english(wordings: tuple[str, ...], text: str) -> bool:
    return bool(_pattern(wordings).search(text))


@lru_cache(maxsize=4096)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Whole words, in the plural too; a hyphen or a blank between their parts. Not the "training" of "pre-training"."""
    parts = (r"[\s-]".join(map(re.escape, re.split(r"[\s-]+", word.strip()))) for word in words)
    return re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(parts)})s?(?![A-Za-z0-9_])", re.IGNORECASE)


def _all(words: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(None, (w.strip() for w in ((words,) if isinstance(words, str) else words))))
