"""config.yaml -> Settings: every mistake is reported at once, each with its key and a remedy."""

import datetime as dt
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from pipeline.config_file import explain, from_yaml, read
from pipeline.config_model import MainModelSettings, ModelsSettings, Task, TaskSettings
from pipeline.config_section import Section
from pipeline.errors import ConfigError
from pipeline.text.language import base
from pipeline.types import Kind


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as e:
        raise ValueError(f"no time zone is called {name!r}; names look like Europe/Berlin or Asia/Shanghai") from e
    return name


TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""The name of a zone in the IANA database."""
LanguageTag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
"""The tag of a language (BCP 47): en, zh, zh-Hant."""


class ScheduleSettings(Section):
    """When issues are due."""

    anchor: dt.date
    every_days: int = Field(default=2, ge=1, le=60)
    time: dt.time = dt.time(8, 0)
    time_zone: TimeZone = "UTC"
    review_hours: float = Field(default=12, ge=0, le=240)
    late_hours: float = Field(default=24, ge=0, le=240)


class StoreSettings(Section):
    """Where everything is kept."""

    url: str = "sqlite:///digest.db"


class FetchSettings(Section):
    """How sources are read."""

    interval_hours: float = Field(default=6, ge=1, le=24)
    stale_after_hours: float = Field(default=96, ge=1)
    timeout_s: float = Field(default=20, gt=0, le=120)
    total_timeout_s: float = Field(default=60, gt=0, le=600)
    max_bytes: int = Field(default=10_000_000, ge=1_000)
    threads: int = Field(default=8, ge=1, le=64)
    keep_bytes_days: float = Field(default=14, ge=0)
    alert_after: int = Field(default=5, ge=0, le=1_000)
    contact: str = ""
    host_pause_s: Mapping[str, Annotated[float, Field(ge=0, le=600)]] = Field(default_factory=dict)


class ExtractSettings(Section):
    """Which pages are read for items that come without a text."""

    enabled: bool = True
    min_chars: int = Field(default=200, ge=1, le=10_000)
    max_pages: int = Field(default=100, ge=1, le=10_000)
    max_per_host: int = Field(default=10, ge=1, le=1_000)
    max_bytes: int = Field(default=3_000_000, ge=1_000)


class SourceSettings(BaseModel):
    """One configured place that we read. ``options`` belong to its type and are validated by that type's file."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    own_keys: ClassVar[tuple[str, ...]] = (
        "id", "type", "name", "section", "trust", "kind", "interval_hours", "keep", "drop", "pages"
    )  # fmt: skip

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    type: str
    name: str = ""
    section: str | None = None
    trust: float = Field(default=0.5, ge=0, le=1)
    kind: Kind | None = None
    interval_hours: float | None = Field(default=None, ge=1, le=240)
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    pages: bool | None = None
    options: BaseModel

    @property
    def title(self) -> str:
        """What a reader sees."""
        return self.name or self.id


class DedupeSettings(Section):
    """When items are one story."""

    window_days: float = Field(default=14, gt=0, le=365)
    threshold: float = Field(default=0.2, gt=0, le=1)
    embeddings: str = ""
    embeddings_path: str = ""
    embeddings_price: float | None = Field(default=None, ge=0)
    ask_model: bool = True
    compare_issues: int = Field(default=7, ge=0, le=60)


class SectionSettings(Section):
    """A section of the issue and how many stories it takes."""

    name: str
    limit: int = Field(default=6, ge=1, le=100)
    kinds: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


class RankSettings(Section):
    """What leads, and how much is printed."""

    minutes: float = Field(default=10, gt=0, le=240)
    brief_limit: int = Field(default=20, ge=0, le=500)
    least_score: float = Field(default=0.4, ge=0, le=1)
    per_company: int = Field(default=3, ge=1, le=100)
    sections: tuple[SectionSettings, ...] = (SectionSettings(name="News", limit=12),)
    weights: Mapping[str, float] = Field(default_factory=dict)
    interests: tuple[str, ...] | Mapping[str, Annotated[float, Field(ge=-1, le=1)]] = ()
    exclude: tuple[str, ...] = ()
    ask_model: bool = True

    @property
    def interest_weights(self) -> Mapping[str, float]:
        """What the reader cares about, each with its weight: 1 where none is given, below 0 for less of it."""
        return self.interests if isinstance(self.interests, Mapping) else dict.fromkeys(self.interests, 1.0)


class VerifySettings(Section):
    """What becomes of a sentence that its sources contradict, and of one that none of them bears out."""

    refuted: Literal["repair", "cut", "show"] = "repair"
    not_enough_info: Literal["repair", "cut", "show"] = "show"


class ReviewSettings(Section):
    """Who looks at a draft, and what happens at the deadline when nobody did."""

    policy: Literal["hold", "publish_approved", "publish_marked"] = "hold"
    reviewers: tuple[str, ...] = ()


class MailSettings(Section):
    """What stands in the headers of every mail."""

    sender: str = "Every Other Day <digest@localhost>"
    list_id: str = ""
    unsubscribe: str = ""


class ChannelSettings(BaseModel):
    """One configured way out. ``options`` belong to its type."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    own_keys: ClassVar[tuple[str, ...]] = ("type",)

    type: str
    options: BaseModel


class Settings(Section):
    """The whole configuration. ``folder`` is where config.yaml stands; relative paths start there."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    title: str = "Every Other Day"
    language: str = "en"
    languages: tuple[LanguageTag, ...] = Field(default=(), max_length=4)
    layout: Literal["interleaved", "separate"] = "interleaved"
    glossary: str = "glossary.yaml"
    schedule: ScheduleSettings
    store: StoreSettings = StoreSettings()
    fetch: FetchSettings = FetchSettings()
    extract: ExtractSettings = ExtractSettings()
    sources: tuple[SourceSettings, ...]
    trust: Mapping[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    dedupe: DedupeSettings = DedupeSettings()
    rank: RankSettings = RankSettings()
    model: MainModelSettings = MainModelSettings()
    models: ModelsSettings = ModelsSettings()
    verify: VerifySettings = VerifySettings()
    review: ReviewSettings = ReviewSettings()
    mail: MailSettings = MailSettings()
    channels: tuple[ChannelSettings, ...] = ()
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _first_language(cls, data: object) -> object:
        """``language`` is the short form of ``languages`` for one; the first of these is the language written."""
        if not isinstance(data, dict):
            return data
        languages = data.get("languages") or [data.get("language", "en")]
        if not isinstance(languages, list | tuple):
            return data  # pydantic says so
        first = languages[0]
        if data.get("language", first) != first:
            raise ValueError(
                f"language is {data['language']}, and the first of languages is {first}. Leave language out"
            )
        return data | {"language": first, "languages": languages}

    @field_validator("languages")
    @classmethod
    def _each_once(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        bases = [base(tag) for tag in languages]
        if twice := sorted({b for b in bases if bases.count(b) > 1}):
            raise ValueError(f"{', '.join(twice)} stands there twice; take one of each")
        return languages

    @field_validator("sources")
    @classmethod
    def _ids(cls, sources: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
        ids = [s.id for s in sources]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"two sources are called {', '.join(twice)}; give each an id of its own")
        return sources

    def task(self, name: Task) -> TaskSettings:
        """The model of one task: its own one, else ``model``."""
        return getattr(self.models, name) or self.model

    @property
    def tasks(self) -> Mapping[Task, TaskSettings]:
        """The model of each task that is done: a second opinion only by one that was named for it."""
        return {name: self.task(name) for name in get_args(Task) if name != "check" or self.models.check}


OptionsOf = Callable[[str, str], type[BaseModel]]
"""(what, type) -> the Options of that plug-in; ``what`` is "sources" or "channels". Raises ConfigError for none."""


def load(path: Path, options_of: OptionsOf, environ: Mapping[str, str] | None = None) -> Settings:
    """Read config.yaml, with ``.env`` beside it under the environment.

    Raises ConfigError that lists every mistake, each with its key and a remedy.
    """
    return parse(read(path), path, options_of, environ)


def parse(text: str, path: Path, options_of: OptionsOf, environ: Mapping[str, str] | None = None) -> Settings:
    """As load, of a text that stands (or shall stand) at ``path``."""
    raw = {key: value for key, value in from_yaml(text, path).items() if value is not None}  # all of it commented out
    folder = path.parent.resolve()
    context = _outside(folder, environ)
    raw.setdefault("model", {})  # so that its key is looked up
    mistakes: list[str] = []
    for what, model in (("sources", SourceSettings), ("channels", ChannelSettings)):
        entries = raw.get(what)
        if isinstance(entries, list):
            raw[what] = [
                _with_options(what, i, entry, model.own_keys, options_of, context, mistakes)
                for i, entry in enumerate(entries)
            ]
    try:
        settings = Settings.model_validate({**raw, "folder": folder}, context=context)
    except ValidationError as e:
        mistakes = [*explain(e, Settings), *mistakes]
    if mistakes:
        raise ConfigError("\n  " + "\n  ".join(mistakes), subject=str(path))
    return settings


def source(
    entry: Mapping[str, object], folder: Path, options_of: OptionsOf, environ: Mapping[str, str] | None = None
) -> SourceSettings:
    """One entry of ``sources:`` by itself, as load reads it in ``folder``. Raises ConfigError with its mistakes."""
    mistakes: list[str] = []
    own, context = SourceSettings.own_keys, _outside(folder, environ)
    ready = _with_options("sources", 0, dict(entry), own, options_of, context, mistakes)
    try:
        checked = SourceSettings.model_validate(ready)
    except ValidationError as e:
        mistakes = [*explain(e, SourceSettings), *mistakes]
    if mistakes:
        raise ConfigError("; ".join(mistakes))
    return checked


def _outside(folder: Path, environ: Mapping[str, str] | None) -> dict[str, object]:
    """What validators may look up: the environment over ``.env``, and where relative paths start."""
    env = {k: v for k, v in dotenv_values(folder / ".env").items() if v}
    return {"environ": env | dict(os.environ if environ is None else environ), "folder": folder}


def _with_options(
    what: str,
    index: int,
    entry: object,
    own_keys: tuple[str, ...],
    options_of: OptionsOf,
    context: dict[str, object],
    mistakes: list[str],
) -> object:
    """Split an entry into our keys and its type's options, which are validated here."""
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        return entry  # Settings says what is wrong with it
    key = f"{what}[{entry.get('id', index)}]"
    rest = {k: v for k, v in entry.items() if k not in own_keys}
    try:
        options: BaseModel = options_of(what, entry["type"]).model_validate(rest, context=context)
    except ConfigError as e:
        mistakes.append(f"{key}.type: {e}")
        options = Section()
    except ValidationError as e:
        mistakes.extend(explain(e, options_of(what, entry["type"]), prefix=key + ".", also=own_keys))
        options = Section()
    return {**{k: v for k, v in entry.items() if k in own_keys}, "options": options}
