"""What every part of the configuration is: keys that a person may write, and secrets that stand elsewhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator


class Section(BaseModel):
    """Options that a person may write; unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SecretSection(Section):
    """Options with secrets. Each stands in the environment (``<secret>_env`` names the variable) or in a file
    (``<secret>_file``), never in config.yaml itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    secrets: ClassVar[tuple[str, ...]]

    @model_validator(mode="before")
    @classmethod
    def _reveal(cls, data: object, info: ValidationInfo) -> object:
        if not isinstance(data, dict):
            return data
        context = info.context or {}
        for secret in cls.secrets:
            if secret in data:
                raise ValueError(f"{secret} is a secret: put it into .env, or name a file with {secret}_file")
            env_name = data.get(f"{secret}_env", cls.model_fields[f"{secret}_env"].default)
            found = cls._from_file(secret, data, context) or context.get("environ", {}).get(env_name, "")
            data = {**data, secret: found} if found else data
        return data

    @classmethod
    def _from_file(cls, secret: str, data: Mapping[str, object], context: Mapping[str, object]) -> str:
        name = data.get(f"{secret}_file")
        if not name:
            return ""
        try:
            return Path(str(context.get("folder", ".")), str(name)).read_text(encoding="utf-8").strip()
        except OSError as e:
            raise ValueError(f"cannot read {name}: {e.strerror}; write the secret there") from e
