"""Links: an address that is printed must be one of the story's own."""

import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from pipeline.text.urls import url_key
from pipeline.types import CheckMethod, Verdict
from pipeline.verify.findings import Finding
from pipeline.verify.sources import Sources

METHOD: CheckMethod = "link"

# A mail program makes a link of a bare "example.com/offer" too. These endings are the ones it knows and that are
# hardly ever a file name or the end of a sentence.
_ENDINGS = (
    "com|org|net|ai|io|dev|co|cn|me|app|xyz|info|biz|ru|top|shop|site|online|club|link|click|live|tech|gov|edu|eu|uk|de"
)
_REST = r"[^\s<>\"“”「」『』《》，。；！？、]"
_BRANDS = (".ai", ".io", ".dev", ".co", ".me", ".app")  # companies are called so: Character.ai, Fly.io
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w-])")
_LINK = re.compile(
    rf"(?P<url>\b(?<![\w.+-])[A-Za-z][A-Za-z0-9+.-]{{1,15}}://{_REST}{{1,2000}}|\bwww\.{_REST}{{1,2000}})"
    rf"|(?<![\w@./-])(?P<bare>(?:[A-Za-z0-9-]{{1,63}}\.){{1,5}}(?:{_ENDINGS})(?![\w-]|\.\w)(?:/{_REST}{{0,500}})?)"
)
_TRAILING = ".,;:!?'’*_"
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))


def check(text: str, sources: Sources) -> list[Finding]:
    """Compare by ``url_key``. The bare name of a company ("Character.ai") is fine where a source names it too.

    Of another site that a source names, and of an address for mail, it says to look: mail programs make links of both.
    """
    own = {key for link in sources.links if (key := url_key(link))}
    hosts = {_host(link) for link in sources.links}
    findings = []
    for m in _LINK.finditer(text):
        link = _trimmed(m[0])
        bare = bool(m["bare"]) and "/" not in link
        verdict = _of_site(link, hosts, sources) if bare else _of_address(link, own)
        note = {
            "supported": "",
            "refuted": f"This link is not one of the story's own: {link}",
            "not_enough_info": f"A source names this site, but it is not the story's own: {link}",
        }[verdict]
        findings.append(Finding(start=m.start(), end=m.start() + len(link), verdict=verdict, note=note))
    for m in _MAIL.finditer(text):
        note = f"Readers are sent to this address: {m[0]}"
        findings.append(Finding(start=m.start(), end=m.end(), verdict="not_enough_info", note=note))
    return sorted(findings, key=lambda f: f.start)


def _of_address(link: str, own: Collection[str]) -> Verdict:
    return "supported" if url_key(link if "://" in link else f"https://{link}") in own else "refuted"


def _of_site(name: str, hosts: Collection[str], sources: Sources) -> Verdict:
    if _host(f"https://{name}") in hosts:
        return "supported"
    if not any(name.lower() in p.text.lower() for p in sources.passages):
        return "refuted"
    return "supported" if name[0].isupper() and name.lower().endswith(_BRANDS) else "not_enough_info"


def _trimmed(link: str) -> str:
    """Without the punctuation of the sentence, and without a bracket that opened before the link."""
    while link[-1] in _TRAILING or any(link.endswith(b) and link.count(b) > link.count(a) for a, b in _BRACKETS):
        link = link[:-1]
    return link


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def addresses(texts: Iterable[str]) -> list[str]:
    """The addresses that stand in texts, each with a scheme."""
    found = (_trimmed(m[0]) for text in texts for m in _LINK.finditer(text))
    return [link if "://" in link else f"https://{link}" for link in found]
