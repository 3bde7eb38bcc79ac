"""Papers, videos, posts and repositories by their id, whichever of their addresses is given."""

import re
from collections.abc import Callable
from urllib.parse import SplitResult, parse_qs

STATUS_HOSTS = (
    "x.com",
    "twitter.com",
    "fxtwitter.com",
    "vxtwitter.com",
    "fixupx.com",
    "fixvx.com",
    "xcancel.com",
    "nitter.net",
)

_ARXIV_ID = r"(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?"
_ARXIV = re.compile(
    r"/(?:abs|pdf|html|format|src|papers|paper|overview|audio|forum|resources|arxiv|10\.48550/arxiv\.)/?"
    rf"(?:arxiv:)?{_ARXIV_ID}/?$",
    re.IGNORECASE,
)
_ARXIV_HOSTS = ("arxiv.org", "alphaxiv.org", "ar5iv.org", "doi.org", "scirate.com", "semanticscholar.org")
_ARXIV_ALSO = ("huggingface.co", "hf.co", "ar5iv.labs.arxiv.org")  # and none of their subdomains
_DOI = re.compile(r"/(?:doi:)?(10\.\d{4,9}/.+?)/?$", re.IGNORECASE)
_YOUTUBE = re.compile(r"/(?:shorts|live|embed|v)/([\w-]{6,20})/?$")
_YOUTUBE_ID = re.compile(r"[\w-]{6,20}$")
_YOUTUBE_HOSTS = ("youtube.com", "music.youtube.com", "youtube-nocookie.com")
_STATUS = re.compile(r"/(?:[^/]+|i/web)/status(?:es)?/(\d+)(?:/|$)")
_THREAD = re.compile(r"/thread/(\d+)(?:\.html)?/?$")
_REDDIT = re.compile(
    r"(?:/r/[^/]+|/u(?:ser)?/[^/]+)?/comments/([a-z0-9]+)(?:/[^/]*(?:/([a-z0-9]+))?)?/?$", re.IGNORECASE
)
_FRONT = r"(?:/tree/(?:main|master)|/blob/(?:main|master)/README\.md)?"  # of a repository
_GITHUB = re.compile(rf"(/[^/]+/[^/]+?)(?:\.git)?(?:{_FRONT}|(/.+))$", re.IGNORECASE)
_HUGGING_FACE = re.compile(rf"((?:/datasets|/spaces)?/[^/]+/[^/]+?)(?:{_FRONT}|(/.+))$", re.IGNORECASE)
_OPEN_SUBSTACK = re.compile(r"/pub/([a-z0-9-]+)(/p/[^/]+)", re.IGNORECASE)
_ACL = re.compile(r"/([a-z]?\d[\w.-]+?)(?:\.pdf)?/?$", re.IGNORECASE)


def within(name: str, hosts: tuple[str, ...]) -> bool:
    """Whether a host is one of these or stands below one."""
    return name in hosts or name.endswith(tuple(f".{h}" for h in hosts))


def parameters(parts: SplitResult) -> dict[str, list[str]]:
    """The parameters of an address; none where there are more than a hundred."""
    try:
        return parse_qs(parts.query, max_num_fields=100)
    except ValueError:
        return {}


def key(name: str, parts: SplitResult) -> str:
    """The id of a paper, video, post or repository, "" for any other page. ``name`` is the host without www. and m."""
    return next((found for finder in _FINDERS if (found := finder(name, parts))), "")


def _paper(name: str, parts: SplitResult) -> str:
    if (within(name, _ARXIV_HOSTS) or name in _ARXIV_ALSO) and (found := _ARXIV.search(parts.path)):
        return f"arxiv:{found['id'].lower()}"
    if name in ("doi.org", "dx.doi.org") and (found := _DOI.match(parts.path)):
        return f"doi:{found[1].lower()}"
    if name == "openreview.net" and parts.path in ("/forum", "/pdf") and (ids := parameters(parts).get("id")):
        return f"openreview:{ids[0]}"
    if name == "aclanthology.org" and (found := _ACL.match(parts.path)):
        return f"acl:{found[1].lower()}"
    return ""


def _video(name: str, parts: SplitResult) -> str:
    value = ""
    if name == "youtu.be":
        value = parts.path.strip("/")
    elif name in _YOUTUBE_HOSTS and (found := _YOUTUBE.match(parts.path)):
        value = found[1]
    elif name in _YOUTUBE_HOSTS and parts.path.startswith("/watch"):
        value = parameters(parts).get("v", [""])[0]
    found = _YOUTUBE_ID.match(value)
    return f"youtube:{found[0]}" if found else ""


def _post(name: str, parts: SplitResult) -> str:
    path = parts.path
    if (within(name, STATUS_HOSTS) or name.startswith("nitter.")) and (found := _STATUS.match(path)):
        return f"x:{found[1]}"
    if name == "threadreaderapp.com" and (found := _THREAD.match(path)):
        return f"x:{found[1]}"
    if within(name, ("reddit.com",)) and (found := _REDDIT.match(path)):
        return f"reddit:{found[1].lower()}" + (f"/{found[2].lower()}" if found[2] else "")
    if name == "redd.it" and path.strip("/").isalnum():
        return f"reddit:{path.strip('/').lower()}"
    if name == "open.substack.com" and (found := _OPEN_SUBSTACK.match(path)):
        return f"{found[1].lower()}.substack.com{found[2]}"
    return ""


def _repository(name: str, parts: SplitResult) -> str:
    """Owner and name in lower case, by which both hosts find it; a page within it keeps the rest of its address."""
    if name == "hf.co":
        name = "huggingface.co"
    pattern = {"github.com": _GITHUB, "huggingface.co": _HUGGING_FACE}.get(name)
    path = parts.path.rstrip("/")
    found = pattern.match(path) if pattern else None
    if not found:
        return ""
    inside = found[2] or ""
    query = "?" + "&".join(sorted(parts.query.split("&"))) if parts.query and inside else ""
    return name + found[1].lower() + inside + query + (f"#{parts.fragment}" if parts.fragment else "")


_FINDERS: tuple[Callable[[str, SplitResult], str], ...] = (_paper, _video, _post, _repository)
