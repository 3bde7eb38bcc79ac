"""Which models are asked: what a person may write about each of them, and which is for what."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from pipeline import providers
from pipeline.config_section import SecretSection, Section

Task = Literal["write", "triage", "translate", "check"]
"""What a model is asked for. ``triage`` is which stories are the same, and how much each matters."""


class PriceSettings(Section):
    """US dollars for one million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)


class ModelSettings(SecretSection):
    """One model: where it is, how it is asked, and what it costs. ``folder``: where an own few-shot file stands."""

    secrets = ("api_key",)

    type: str = "auto"
    provider: str = ""
    name: str = "gpt-5.4-mini"
    base_url: str = ""
    api: Literal["chat", "completions"] = "chat"
    api_key_env: str = "OPENAI_API_KEY"
    api_key_file: str = ""
    price: PriceSettings | None = None
    timeout_s: float = Field(default=60, gt=0, le=600)
    max_output_tokens: int | None = Field(default=None, ge=64)
    context_tokens: int | None = Field(default=None, ge=512)
    temperature: float | None = Field(default=None, ge=0, le=2)
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    threads: int = Field(default=4, ge=1, le=32)
    requests_per_minute: float | None = Field(default=None, gt=0, le=10_000)
    api_key: SecretStr | None = Field(default=None, exclude=True, repr=False)
    folder: Path = Field(default=Path(), exclude=True, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, data: object, info: ValidationInfo) -> object:
        """What the provider's preset says stands where nothing else is written."""
        if not isinstance(data, dict):
            return data
        name, where = (str(data.get(key) or "") for key in ("provider", "base_url"))
        preset = providers.find(name, where)
        if preset is None:
            return data  # the validator of ``provider`` says so
        if name not in ("", "openai") and "name" not in data:
            raise ValueError(f"name is missing. Write which of the models at {name} it is")
        given: dict[str, object] = {"threads": preset.threads, "folder": (info.context or {}).get("folder", Path())}
        if name:
            given["api_key_env"] = preset.key_env
        if known := preset.known(str(data.get("name", cls.model_fields["name"].default))):
            given["price"] = {"input": known.input, "cached": known.cached, "output": known.output}
        return given | {key: value for key, value in data.items() if value is not None}

    @field_validator("provider")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name and name not in providers.PROVIDERS:
            raise ValueError(f"no such provider; there are {', '.join(sorted(providers.PROVIDERS))}")
        return name

    @property
    def preset(self) -> providers.Provider:
        """What is known of the provider: of the one that is named, else of the one at ``base_url``."""
        return providers.find(self.provider, self.base_url) or providers.Provider()

    @property
    def url(self) -> str:
        """Where the server is."""
        return self.base_url or self.preset.base_url

    @property
    def place(self) -> str:
        """Where the server is, for people: without what an address may hold of a secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def window_tokens(self) -> int | None:
        """How many tokens the model reads and writes at once, where that is known."""
        known = self.preset.known(self.name)
        return self.context_tokens or (known.context_tokens if known else None) or self.preset.context_tokens

    @property
    def is_local(self) -> bool:
        """Whether the server is one's own, where calls cost nothing."""
        return providers.is_loopback(self.url) or (bool(self.provider) and not self.preset.key_env)

    @property
    def kind(self) -> str:
        """The type with ``auto`` settled: openai_compatible when a key or a server that needs none is set, else
        extractive.
        """
        if self.type != "auto":
            return self.type
        own_server = self.base_url or (self.provider and not self.preset.key_env)
        return "openai_compatible" if self.api_key or own_server else "extractive"


class TaskSettings(ModelSettings):
    """A model, and those that are asked one after the other where it fails."""

    fallback: tuple[ModelSettings, ...] = ()

    @property
    def chain(self) -> tuple[ModelSettings, ...]:
        """The models to ask, in their order; none where stories are printed as extracts."""
        first = ModelSettings.model_construct(**{name: getattr(self, name) for name in ModelSettings.model_fields})
        return tuple(model for model in (first, *self.fallback) if model.kind != "extractive")


class MainModelSettings(TaskSettings):
    """The model of every task that has none of its own, and what all models together may take in 24 hours."""

    budget_usd: float = Field(default=1.0, ge=0)
    budget_tokens: int | None = Field(default=None, ge=0)
    batch_hours: float | None = Field(default=None, gt=0, le=24)


class ModelsSettings(Section):
    """Models for single tasks. Without ``check`` nobody is asked for a second opinion: a writer has none on itself."""

    write: TaskSettings | None = None
    triage: TaskSettings | None = None
    translate: TaskSettings | None = None
    check: TaskSettings | None = None
