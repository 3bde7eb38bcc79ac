"""Hugging Face: the papers of the day, the models that trend, or the new models of some organisations."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode, urljoin, urlsplit

from pydantic import BaseModel, BeforeValidator, Field, RootModel, StringConstraints, model_validator

from pipeline.config_section import Section
from pipeline.errors import NetworkError, SourceError
from pipeline.seams import Http
from pipeline.sources import (
    BaseAddress,
    Dropped,
    Fetched,
    FetchState,
    Parsed,
    as_payload,
    new_item,
    read_answer,
    refusal,
)
from pipeline.text.dates import parse_date
from pipeline.text.latex import plain
from pipeline.types import Item, Payload

INTERVAL_HOURS = 12
MAX_PAGES = 5
_PAGE = 100  # the most that a list gives at a time
_REMEDY = "If it stays like that, the interface has changed: tell us"

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=96)]


class Options(Section):
    """``what``: papers (of today and of yesterday, since votes settle a day later), or models.

    Models are those that trend, of one ``pipeline_tag`` (such as text-generation) if you like; with ``authors`` they
    are the newest of these organisations, whose names count letter by letter. ``limit`` of each list are asked for;
    ``min_votes`` are upvotes of a paper, likes of a model; a model older than ``days`` is no news.
    """

    what: Literal["papers", "models"] = "papers"
    authors: tuple[Name, ...] = Field(default=(), max_length=50)
    pipeline_tag: str = Field(default="", pattern=r"^[a-z0-9-]*$", max_length=60)
    limit: int = Field(default=_PAGE, ge=1, le=MAX_PAGES * _PAGE)
    min_votes: int = Field(default=0, ge=0)
    days: float = Field(default=14, gt=0, le=365)
    base_url: BaseAddress = "https://huggingface.co"
    allow_private: bool = False

    @model_validator(mode="after")
    def _belongs(self) -> "Options":
        if self.what == "papers" and (self.authors or self.pipeline_tag):
            raise ValueError("authors and pipeline_tag are for models: write `what: models`")
        return self


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """Ask for each list: two days of papers, the trend, or each organisation. One that fails is the trouble.

    Raises SourceError or NetworkError when all fail.
    """
    payloads: list[Payload] = []
    troubles: list[SourceError] = []
    for url in _lists(options, now):
        try:
            for payload in _pages(url, options, state, http, now):
                payloads.append(payload)  # noqa: PERF402 - a page stays although the next one fails
            if options.authors and payloads[-1].body.strip() == b"[]":
                troubles.append(_nobody(url))
        except (SourceError, NetworkError) as e:
            if e.kind == "http_400" and url == _day(options, now):
                continue  # the list of today opens in its course
            troubles.append(_told(e))
            if e.kind == "http_429":
                break
    if troubles and not payloads:
        raise troubles[0]
    return Fetched(payloads=tuple(payloads), trouble=troubles[0] if troubles else None)


def _lists(options: Options, now: datetime) -> list[str]:
    """The addresses to ask. https://huggingface.co/docs/hub/api"""
    if options.what == "papers":
        return [_day(options, now), _day(options, now - timedelta(days=1))]
    more = {"pipeline_tag": options.pipeline_tag} if options.pipeline_tag else {}
    order = {"direction": "-1", "limit": str(min(_PAGE, options.limit)), **more}
    fields = [("expand[]", field) for field in _FIELDS]
    queries = [{"author": author, "sort": "createdAt"} for author in options.authors] or [{"sort": "trendingScore"}]
    return [f"{options.base_url}/api/models?{urlencode([*(q | order).items(), *fields])}" for q in queries]


def _day(options: Options, day: datetime) -> str:
    return f"{options.base_url}/api/daily_papers?date={day:%Y-%m-%d}&limit={min(_PAGE, options.limit)}"


_NEXT = re.compile(r'<([^<>]{1,2000})>\s{0,9};\s{0,9}rel="?next"?')
_RESET = re.compile(r";\s{0,9}t=(\d{1,5})")


def _pages(url: str, options: Options, state: FetchState, http: Http, now: datetime) -> Iterator[Payload]:
    """A list, page by page, as far as ``limit`` reaches. RateLimit tells when it may be asked again:
    https://huggingface.co/docs/hub/rate-limits
    """
    for _ in range(-(-options.limit // _PAGE)):
        response = http.get(url, headers={"accept": "application/json"}, allow_private=options.allow_private)
        if response.status != 200:
            reset = _RESET.search(response.headers.get("ratelimit", "")) if response.status == 429 else None
            raise refusal(url, response, now, wait_s=float(reset[1]) if reset else 0.0)
        yield as_payload(response, state, now)
        link = _NEXT.search(response.headers.get("link", ""))
        following = urljoin(url, link[1]) if link else ""
        if urlsplit(following)[:2] != urlsplit(url)[:2]:
            return
        url = following


def _nobody(url: str) -> SourceError:
    return SourceError(
        f"{url.partition('&')[0]} has no models",
        kind="no_models",
        remedy="Write `authors` letter by letter as in the addresses of their pages",
    )


def _told(error: SourceError | NetworkError) -> SourceError:
    if isinstance(error, SourceError):
        return error
    return SourceError(error.message, subject=error.subject, remedy=error.remedy, kind=error.kind)


def parse(payload: Payload, options: Options) -> Parsed:
    """Papers or models, whichever the list holds. Raises SourceError of kind "bad_answer"."""
    items, dropped = [], []
    for entry in read_answer(_List, payload, _REMEDY).root:
        reason = _why_not(entry, payload, options)
        if reason:
            dropped.append(Dropped(guid=entry.guid, reason=reason))
        else:
            items.append(_paper(payload, entry) if isinstance(entry, _Listed) else _model(payload, entry, options))
    return Parsed(items=items, dropped=dropped)


def _why_not(entry: "_Listed | _Model", payload: Payload, options: Options) -> str:
    """Why an entry becomes no item, "" when it does."""
    if isinstance(entry, _Model):
        if entry.is_quantised_copy:
            return "quantised_copy"
        if entry.created_at and payload.fetched_at - entry.created_at > timedelta(days=options.days):
            return "old"
    return "few_votes" if (entry.votes or 0) < options.min_votes else ""


# --- what we read of the interface (https://huggingface.co/.well-known/openapi.json); what is odd counts as absent ----


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**15 else None


def _list(value: object) -> object:
    return [] if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int | None, BeforeValidator(_count)]


class _Author(BaseModel):
    name: Text = ""
    hidden: bool | None = None


class _Organisation(BaseModel):
    name: Text = ""
    fullname: Text = ""


class _Paper(BaseModel):
    id: str = Field(min_length=1)
    title: Text = ""
    summary: Text = ""  # the abstract; ``ai_summary`` is written by a machine
    authors: Annotated[list[_Author], BeforeValidator(_list)] = []
    listed_at: Text = Field(default="", alias="submittedOnDailyAt")  # midnight UTC of the day of its list
    upvotes: Count = None
    repository: Text = Field(default="", alias="githubRepo")
    page: Text = Field(default="", alias="projectPage")
    organisation: _Organisation | None = Field(default=None, alias="organization")


class _Listed(BaseModel):
    paper: _Paper
    comments: Count = Field(default=None, alias="numComments")

    @property
    def guid(self) -> str:
        return self.paper.id

    @property
    def votes(self) -> int | None:
        return self.paper.upvotes


class _Weights(BaseModel):
    parameters: dict[str, Count] | None = None


class _Model(BaseModel):
    guid: str = Field(alias="id", min_length=1)
    created: Text = Field(default="", alias="createdAt")
    votes: Count = Field(default=None, alias="likes")
    tags: Annotated[list[Text], BeforeValidator(_list)] = []
    task: Text = Field(default="", alias="pipeline_tag")
    gated: object = None  # false, "auto" or "manual"
    weights: _Weights | None = Field(default=None, alias="safetensors")

    @property
    def created_at(self) -> datetime | None:
        return parse_date(self.created)

    @property
    def is_quantised_copy(self) -> bool:
        """Whether these are the weights of another model in fewer bits: most of what trends."""
        return bool(_QUANTISED.search(self.guid)) or any(t.startswith("base_model:quantized:") for t in self.tags)

    @property
    def parameters(self) -> int:
        """How many there are, 0 when the file does not tell: packed weights are counted as if each were one."""
        found = self.weights.parameters if self.weights and self.weights.parameters else {}
        return sum(found.get(t) or 0 for t in _FLOATS) if found.keys() <= _FLOATS | _BUFFERS else 0


class _List(RootModel[list[Annotated[_Listed | _Model, Field(union_mode="left_to_right")]]]):
    pass


_FIELDS = ("createdAt", "likes", "tags", "pipeline_tag", "gated", "safetensors")
_QUANTISED = re.compile(r"[-_.](?:gguf|awq|gptq|exl[23]|mlx|bnb)(?![A-Za-z])", re.IGNORECASE)
_FLOATS = frozenset(("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"))
_BUFFERS = frozenset(("I64", "BOOL"))

# --- as items --------------------------------------------------------------------------------------------------------

_ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}")


def _paper(payload: Payload, entry: _Listed) -> Item:
    """A paper at its own address, by way of the page where it was voted for."""
    paper = entry.paper
    discussed = f"https://huggingface.co/papers/{paper.id}"
    organisation = (paper.organisation.fullname or paper.organisation.name) if paper.organisation else ""
    return new_item(
        payload,
        guid=paper.id,
        title=plain(paper.title),
        url=f"https://arxiv.org/abs/{paper.id}" if _ARXIV_ID.fullmatch(paper.id) else discussed,
        body=plain(paper.summary) + (f"\nOrganisation: {organisation}." if organisation else ""),
        kind="paper",
        via=discussed,
        authors=tuple(plain(a.name) for a in paper.authors if not a.hidden),
        language="en",
        published_at=parse_date(paper.listed_at),
        points=paper.upvotes,
        comments=entry.comments,
        media=(paper.repository, paper.page),
    )


def _model(payload: Payload, model: _Model, options: Options) -> Item:
    """A model as sentences. That a model trends is no older than the list that says so: it is undated."""
    owner, _, name = model.guid.rpartition("/")
    return new_item(
        payload,
        guid=model.guid,
        title=f"{name} by {owner or 'Hugging Face'} on Hugging Face",
        url=f"https://huggingface.co/{model.guid}",
        body=" ".join(_sentences(model, owner, name, trending=not options.authors)),
        kind="release",
        authors=(owner,),
        language="en",
        published_at=model.created_at if options.authors else None,
        points=model.votes,
    )


def _sentences(model: _Model, owner: str, name: str, *, trending: bool) -> Iterator[str]:
    """What the fields say; likes are points and no text, since a text that changed would have to be written anew."""
    day = f" on {model.created_at.day} {model.created_at:%B %Y}" if model.created_at else ""
    yield f"{owner or 'Hugging Face'} published the model {name} on Hugging Face{day}."
    if model.task:
        yield f"Its task is {model.task.replace('-', ' ')}."
    if model.parameters >= 1_000_000:
        rounded = (
            f"{model.parameters / 1e9:.1f} billion"
            if model.parameters >= 10**9
            else (f"{model.parameters / 1e6:.0f} million")
        )
        yield f"It has {rounded} parameters ({model.parameters:,})."
    for relation, words in _RELATIONS.items():
        base = next((t.removeprefix(relation) for t in model.tags if t.startswith(relation)), "")
        if base:
            yield f"It is {words} {base}."
    licence = next((t.removeprefix("license:") for t in model.tags if t.startswith("license:")), "")
    if licence not in ("", "other", "unknown"):
        yield f"Its licence is {licence}."
    if model.gated:
        yield "Its weights are given to those who ask for them in a form."
    if trending:
        yield "It is on the list of trending models of Hugging Face."


_RELATIONS = {
    "base_model:finetune:": "a fine-tune of",
    "base_model:adapter:": "an adapter for",
    "base_model:merge:": "a merge of",
}
