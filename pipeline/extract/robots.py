"""PURE: what a site's robots.txt lets us do (RFC 9309)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protego import Protego

AGENT = "EveryOtherDay"
"""Our product token, as it stands in the User-Agent of net/http.py."""

MAX_CHARS = 512_000  # RFC 9309 section 2.5: 500 KiB at least
_FIELDS = ("user-agent", "allow", "disallow", "crawl-delay")


class Rules:
    """The rules of one site for us. No text, or text of another kind, allows everything."""

    def __init__(self, text: str) -> None:
        self._rules = _parsed(text)

    def allow(self, url: str) -> bool:
        """Whether we may ask for that page."""
        return bool(self._rules.can_fetch(url, AGENT))

    @property
    def delay_s(self) -> float:
        """Seconds to leave between two requests (Crawl-delay; not of the RFC, but many a site says it); 0 for none."""
        return float(self._rules.crawl_delay(AGENT) or 0.0)


def _parsed(text: str) -> "Protego":
    """Only the lines of the RFC, every other agent under one name: Protego's time is that of agents times rules, which
    in 500 KiB can be 500 million.
    """
    from protego import Protego

    lines = []
    for line in text[:MAX_CHARS].splitlines():
        name, _, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "user-agent" and value != "*":
            value = AGENT if value.partition("/")[0].strip().lower() == AGENT.lower() else "another"
        if name in _FIELDS:
            lines.append(f"{name}: {value}")
    return Protego.parse("\n".join(lines))
