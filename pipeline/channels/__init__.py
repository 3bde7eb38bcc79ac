"""One file = one delivery channel. Its file name is its ``type:`` in config.yaml; nothing has to be listed.

A channel is a module with three names:

``Options``
    pydantic model (a ``config_section.Section``) of what config.yaml may say; an unknown key is a mistake.
``ONE_COPY``
    True when it keeps one copy for everybody (an archive), False when it sends to each recipient on the list.
``connect(options, folder) -> Channel``
    cheap, no I/O; the channel connects when it is entered. ``folder`` is where config.yaml stands.
"""

from pathlib import Path
from typing import Protocol, cast

from pydantic import BaseModel

from pipeline.resources import find_type
from pipeline.seams import Channel


class ChannelType(Protocol):
    """The shape of a module in this folder."""

    Options: type[BaseModel]
    ONE_COPY: bool

    def connect(self, options: BaseModel, folder: Path) -> Channel:
        """Give a channel that connects when it is entered."""
        ...


def find(type_name: str) -> ChannelType:
    """The channel type of that name. Raises ConfigError that names the types there are."""
    return cast("ChannelType", find_type(__name__, type_name))
