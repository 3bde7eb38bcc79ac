"""OpenRouter: models that are new in its catalogue, and those whose price changed."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from pipeline.config_section import Section
from pipeline.errors import SourceError
from pipeline.seams import Http
from pipeline.sources import (
    BaseAddress,
    Dropped,
    Fetched,
    FetchState,
    Parsed,
    as_payload,
    ask,
    new_item,
    newest,
    read_answer,
)
from pipeline.types import Item, Payload

INTERVAL_HOURS = 12
MAX_PAGES = 10
MAX_SEEN = 5_000  # ten times the catalogue of 2026; a cursor of 400 kB
_REMEDY = "If it stays like that, the interface has changed: tell us"


class Options(Section):
    """``days``: at first contact only models listed so lately are news. ``min_change_percent``: a price that moves by
    less is told once its moves add up to it. Of more than ``max_items`` the newest count.
    """

    days: float = Field(default=7, gt=0, le=365)
    min_change_percent: Annotated[Decimal, Field(ge=0, le=1_000)] = Decimal(10)
    max_items: int = Field(default=40, ge=1, le=500)
    base_url: BaseAddress = "https://openrouter.ai"
    allow_private: bool = False


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """The whole catalogue, page by page, beside the prices that were told before (the cursor: slug -> prices).

    The payload is JSON of our own making, so that it can be parsed again: {"seen", "data"}, of each model only what we
    read, with a description where it is new. Raises SourceError or NetworkError.
    """
    models: list[_Model] = []
    url = first = f"{options.base_url}/api/v1/models"
    for _ in range(MAX_PAGES):
        page = as_payload(ask(http, url, now, allow_private=options.allow_private), state, now)
        answer = read_answer(_Answer, page, _REMEDY)
        models += answer.data
        following = urljoin(url, answer.links.next or "")
        if following == url or urlsplit(following)[:2] != urlsplit(url)[:2]:
            break
        url = following
    if not models:
        raise SourceError(f"{first} lists no models", subject=state.source_id, kind="bad_answer", remedy=_REMEDY)
    seen = _seen(state.cursor)
    kept = [m.model_dump(by_alias=True, exclude={"description"} if m.slug in (seen or {}) else None) for m in models]
    body = json.dumps({"seen": seen, "data": kept}, ensure_ascii=False, separators=(",", ":")).encode()
    payload = Payload(source_id=state.source_id, url=first, fetched_at=now, media_type="application/json", body=body)
    told = _told(seen or {}, models, options)
    return Fetched(payloads=(payload,), cursor=json.dumps(told, separators=(",", ":")))


def parse(payload: Payload, options: Options) -> Parsed:
    """New models and new prices; what left the catalogue is only counted. Raises SourceError of kind "bad_answer"."""
    answer = read_answer(_Answer, payload, _REMEDY)
    models, dropped = _folded(answer.data)
    items = []
    for slug, model in models.items():
        before = (answer.seen or {}).get(slug)
        if before is not None:
            if _moved(before, model.prices, options):
                items.append(_price_item(payload, model, before))
        elif answer.seen is None and not _is_recent(model, payload, options):
            dropped.append(Dropped(guid=slug, reason="old"))
        else:
            items.append(_new_item(payload, model, options))
    left = (slug for slug in answer.seen or {} if slug not in models)
    gone = (Dropped(guid=f"{slug}#gone", reason="withdrawn") for slug in left)
    return newest(items, options.max_items, [*dropped, *gone])


# --- what we read of the interface: https://openrouter.ai/docs/api-reference/list-available-models -------------------

Prices = tuple[str, str]
"""US dollars for one token of input and of output, as they are written there."""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**12 else 0


def _object(value: object) -> object:
    return {} if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
Price = Annotated[str, BeforeValidator(lambda v: _text(v) if len(_text(v)) <= 20 else "")]
Whole = Annotated[int, BeforeValidator(_whole)]


class _Pricing(BaseModel):
    prompt: Price = ""
    completion: Price = ""


class _Model(BaseModel):
    id: str = Field(min_length=1, max_length=200)  # with ":free" and the like, where it is a variant
    canonical: Annotated[Text, Field(max_length=200)] = Field(default="", alias="canonical_slug")
    name: Text = ""
    created: Whole = 0
    context_length: Whole = 0
    pricing: Annotated[_Pricing, BeforeValidator(_object)] = _Pricing()
    alias_target: object = None
    description: Text = ""

    @property
    def base(self) -> str:
        return self.id.partition(":")[0]

    @property
    def slug(self) -> str:
        return self.canonical or self.base

    @property
    def title(self) -> str:
        return self.name.removesuffix(" (free)") or self.slug

    @property
    def is_alias(self) -> bool:
        """Whether it only points at another, as ``~openai/gpt-latest`` does."""
        return self.id.startswith("~") or bool(self.alias_target)

    @property
    def prices(self) -> Prices:
        return self.pricing.prompt, self.pricing.completion


class _Links(BaseModel):
    next: str | None = None


class _Answer(BaseModel):
    data: list[_Model]
    links: Annotated[_Links, BeforeValidator(_object)] = _Links()
    seen: dict[str, Prices] | None = None


def _seen(cursor: str | None) -> dict[str, Prices] | None:
    """What was told before; None at first contact."""
    try:
        return TypeAdapter(dict[str, Prices]).validate_json(cursor or "")
    except ValidationError:
        return None


def _folded(models: Iterable[_Model]) -> tuple[dict[str, _Model], list[Dropped]]:
    """One model a slug, the plain one before its variants (whose prices are others), without aliases."""
    found: dict[str, _Model] = {}
    dropped = []
    for model in models:
        if model.is_alias:
            dropped.append(Dropped(guid=model.id, reason="alias"))
            continue
        best, *others = sorted((model, *(m for m in (found.get(model.slug),) if m)), key=lambda m: (":" in m.id, m.id))
        found[model.slug] = best
        dropped += [Dropped(guid=m.id, reason="variant") for m in others]
    return found, dropped


def _told(seen: Mapping[str, Prices], models: Iterable[_Model], options: Options) -> dict[str, Prices]:
    """The cursor after this: a price stays until its change is told. What left the catalogue stays as well, because
    most of it comes back.
    """
    now: dict[str, Prices] = {}
    for slug, model in _folded(models)[0].items():
        before = seen.get(slug)
        stays = before and _exact(before) and _exact(model.prices) and not _moved(before, model.prices, options)
        now[slug] = before if before and stays else model.prices
    return dict([*now.items(), *((s, p) for s, p in seen.items() if s not in now)][:MAX_SEEN])


# --- prices, exactly -------------------------------------------------------------------------------------------------


def _exact(prices: Prices) -> tuple[Decimal, Decimal] | None:
    """Dollars for a token; None where there is no price: a router ("-1") has those of the models it chooses."""
    try:
        exact = Decimal(prices[0]), Decimal(prices[1])
    except InvalidOperation:
        return None
    return exact if all(p.is_finite() and (p == 0 or Decimal("1e-12") <= p <= 10) for p in exact) else None


def _moved(before: Prices, after: Prices, options: Options) -> bool:
    """Whether a price changed by so much; from nothing to something always is."""
    old, new = _exact(before), _exact(after)
    if old is None or new is None:
        return False
    return any(a != b and abs(b - a) * 100 >= options.min_change_percent * a for a, b in zip(old, new, strict=True))


def _usd(price: Decimal) -> str:
    """Dollars for a million tokens: "$3", "$0.30", "$0.0375"."""
    whole, _, part = f"{(price * 1_000_000).normalize():,f}".partition(".")
    return f"${whole}.{part:0<2}" if part else f"${whole}"


def _short(prices: Prices) -> str:
    """As in a title; "" where there is no price."""
    exact = _exact(prices)
    if exact is None:
        return ""
    return f"{_usd(exact[0])} / {_usd(exact[1])} per million tokens" if any(exact) else "free"


def _long(prices: Prices) -> str:
    """As in a sentence; "" where there is no price."""
    exact = _exact(prices)
    if exact is None:
        return ""
    price = f"{_usd(exact[0])} per million input tokens and {_usd(exact[1])} per million output tokens"
    return price if any(exact) else "nothing"


# --- as items --------------------------------------------------------------------------------------------------------


def _created_at(model: _Model) -> datetime | None:
    return datetime.fromtimestamp(model.created, UTC) if 0 < model.created < 4_000_000_000 else None


def _is_recent(model: _Model, payload: Payload, options: Options) -> bool:
    created_at = _created_at(model)
    return created_at is not None and payload.fetched_at - created_at <= timedelta(days=options.days)


def _new_item(payload: Payload, model: _Model, options: Options) -> Item:
    """A model that was not there before. One that was made long ago is undated: it is new in the catalogue."""
    window = f"{model.context_length:,} tokens of context" if model.context_length else ""
    details = ", ".join(filter(None, (_short(model.prices), window)))
    price = _long(model.prices)
    sentences = [
        f"{model.title} is new in the catalogue of OpenRouter.",
        f"It costs {price}." if price else "",
        f"Its context window holds {model.context_length:,} tokens." if window else "",
    ]
    return _item(
        payload,
        model,
        guid=model.slug,
        title=f"New on OpenRouter: {model.title}" + (f" ({details})" if details else ""),
        body=" ".join(filter(None, sentences)) + f"\n{model.description[:2_000]}",
        published_at=_created_at(model) if _is_recent(model, payload, options) else None,
    )


def _price_item(payload: Payload, model: _Model, before: Prices) -> Item:
    """A new price, under the day on which it was seen."""
    name, day = model.title, payload.fetched_at
    return _item(
        payload,
        model,
        guid=f"{model.slug}#price-{day:%Y-%m-%d}",
        title=f"{name} on OpenRouter: {_short(model.prices)} (before: {_short(before)})",
        body=f"On {day.day} {day:%B %Y}, {name} costs {_long(model.prices)} on OpenRouter. "
        f"Before, it cost {_long(before)}.",
        published_at=day,
    )


def _item(payload: Payload, model: _Model, *, guid: str, title: str, body: str, published_at: datetime | None) -> Item:
    return new_item(
        payload,
        guid=guid,
        title=title,
        url=f"https://openrouter.ai/{model.base}",
        body=body,
        kind="release",
        authors=(model.base.partition("/")[0],),
        language="en",
        published_at=published_at,
    )
