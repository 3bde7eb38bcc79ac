"""Addresses: canonical form, comparison key, and what a newsletter's redirect leads to; all without network."""

import json
import re
from base64 import urlsafe_b64decode
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

from url_normalize import url_normalize

from pipeline.text import known_pages
from pipeline.text.known_pages import STATUS_HOSTS, parameters, within

MAX_URL_CHARS = 2_000
_MAX_WRAPPED_CHARS = 8_000  # a wrapped address is longer than what it wraps; Substack's reach 1,500
_MAX_DEPTH = 5
_KEPT = 8_192  # answers: one page is named many times in a run, and an answer takes 0.3 ms


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# What a click tells its sender and nothing more. Our own table, out of newsletters and feeds that we read: the
# ClearURLs and AdGuard lists are copyleft, so they are not bundled.
_TRACKER_PREFIXES = _words("utm_ pk_ piwik_ mtm_ matomo_ hsa_ guce_ oly_ vero_ ss_email ss_campaign")
_TRACKERS = frozenset(
    _words("""
    fbclid gclid dclid gbraid wbraid msclkid yclid twclid ttclid igshid igsh mc_cid mc_eid mkt_tok ck_subscriber_id
    _hsenc _hsmi __hssc __hstc __hsfp hsctatracking __s _bhlid bhlid ml_subscriber ml_subscriber_hash srsltid _ga _gl
    guccounter ref ref_ ref_src ref_url rcm trk trkemail trackingid lipi li_fat_id mibextid _branch_match_id wickedid
    rb_clickid s_cid cmpid ncid xtor at_medium at_campaign
    """)
)
_SUBSTACK = "r s j token isfreemail submitlike comments action trigger triedredirect showwelcomeonshare redirect"
# Parameters that are content elsewhere, by the host (and its subdomains) where they are not.
_HOST_TRACKERS = {
    "substack.com": _words(_SUBSTACK),
    "list-manage.com": ("e",),
    "campaign-archive.com": ("e",),
    "mailchi.mp": ("e",),
    "youtube.com": ("si", "feature", "pp", "ab_channel"),
    "youtu.be": ("si", "feature"),
    "spotify.com": ("si",),
    "reddit.com": ("share_id", "rdt"),
    "medium.com": ("source",),
    "docs.google.com": ("usp",),
    "drive.google.com": ("usp",),
    "nytimes.com": ("smid", "smtyp", "partner", "emc"),
    "bloomberg.com": ("srnd", "sref"),
    "wsj.com": ("mod", "reflink"),
    "github.com": ("tab",),
}
_SUBSTACK_POST = re.compile(r"/p/[^/]+/?$")  # Substack on a domain of its own adds ?r=<reader>
_REVISION_HOSTS = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org")  # there ?ref= names a branch

# One page, many publications: the anchor of a changelog entry, or of a day's leaderboard, is its identity.
_ENTRY_PAGE = re.compile(r"change-?log|release|bulletin|whats-?new|history|leader-?board", re.IGNORECASE)
_HAS_DIGIT = re.compile(r"\d")
_JUNK_IN_URL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\u200b\u200e\u200f]")
_ESCAPED_TWICE = re.compile(r"^(?:amp(?:;|%3b))+", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?|\[[0-9a-f:.]+\]")

# Redirects that carry their destination in a parameter: (host, path prefix) -> parameters, first hit wins.
_PARAMETER_WRAPPERS = (
    (re.compile(r"(?:www\.)?google\.[a-z.]{2,6}$"), "/url", ("q", "url")),
    (re.compile(r"lm?\.(?:facebook|instagram)\.com$"), "/", ("u",)),
    (re.compile(r"(?:[a-z0-9-]+\.)*safelinks\.protection\.outlook\.com$"), "/", ("url",)),
    (re.compile(r"out\.reddit\.com$"), "/", ("url",)),
    (re.compile(r"(?:www\.)?youtube\.com$"), "/redirect", ("q",)),
    (re.compile(r"(?:www\.)?linkedin\.com$"), "/safety/go", ("url",)),
    (re.compile(r"(?:www\.)?linkedin\.com$"), "/redir/redirect", ("url",)),
    (re.compile(r"slack-redir\.net$"), "/link", ("url",)),
    (re.compile(r"duckduckgo\.com$"), "/l/", ("uddg",)),
    (re.compile(r"medium\.com$"), "/r/", ("url",)),
    (re.compile(r"link\.(?:zhihu\.com|juejin\.cn)$"), "/", ("target",)),
    (re.compile(r"urldefense\.proofpoint\.com$"), "/v1/", ("u",)),
)
_AMP_VIEWER = re.compile(  # https://developers.google.com/amp/cache/overview ; "s/" says https
    r"(?:[\w-]+\.cdn\.ampproject\.org/[acvi]|(?:www\.)?google\.[a-z.]{2,6}/amp)/(?P<safe>s)?/?(?P<page>[\w.-]+\.[a-z]+/.+)"
)
_IN_PATH = re.compile(r"/(?:CL0|L0)/(https?(?::|%3A).+?)(?:/\d+/|$)", re.IGNORECASE)  # Amazon SES, as TLDR sends
_POSTMARK = re.compile(r"/[23](s?)/([^/]+)/")
_PROOFPOINT_3 = re.compile(r"/v3/__(.+?)__;([^!]*)!")
_PROOFPOINT_3_TOKEN = re.compile(r"\*(\*.)?")
_RUN_LENGTHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_JSON_DESTINATIONS = ("e", "href", "url")  # Substack, Customer.io

_TRACKING_HOSTS = _words("""
    list-manage.com link.mail.beehiiv.com ct.sendgrid.net awstrack.me convertkit-mail.com convertkit-mail2.com
    convertkit-mail3.com convertkit-mail4.com kit-mail3.com kit-mail4.com click.pstmrk.it hubspotlinks.com
    hubspotemail.net hs-sales-engage.com click.mlsend.com click.mailerlite.com klclick.com klclick1.com klclick2.com
    klclick3.com mandrillapp.com customeriomail.com rs6.net exct.net e2ma.net cmail19.com cmail20.com emltrk.com
    sli.bloomberg.com
""")
_TRACKING_PATH = re.compile(
    r"/(?:ls|wf|u)/click\b|/ss/[co]/|/track/(?:click|open)|/click/\d+\.\d+/|/(?:CL0|L0)/"
    r"|/e3t/C"  # HubSpot under the sender's own name, as The Batch sends
    r"|/(?:unsubscribe|opt-?out|(?:manage|email|update)[-_]?(?:preferences|profile|subscription))(?:/|$)",
    re.IGNORECASE,
)
_SUBSTACK_REDIRECT = re.compile(r"/redirect/")
_IDENTITY = frozenset(("j", "e", "u", "token"))

_AMP_PATH = re.compile(r"^/amp(?P<kept>/.+)|(?<=[^/])(?:/amp/?|\.amp(?:\.html?)?)$")
_AMP_QUERY = frozenset(("amp", "amp=1", "amp=true", "outputtype=amp"))
_INDEX = re.compile(r"/(?:index\.(?:html?|php))?$")
_SAME_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)|(?<=^[a-z]{2})\.m(?=\.)")  # en.m.wikipedia.org


@lru_cache(maxsize=_KEPT)
def canonicalise(url: str, base: str = "") -> str:
    """The address to keep and print: absolute, unwrapped, normalised (RFC 3986 section 6), no trackers.

    Relative to ``base`` where given; credentials are dropped. "" for anything that is not http or https, is junk,
    or is longer than ``MAX_URL_CHARS``. Idempotent. The scheme stays: see ``url_key`` for comparing.
    """
    url = _normalised(unwrap(_absolute(url, base)))
    for _ in range(_MAX_DEPTH):  # normalising can lay bare another layer
        inner = unwrap(url)
        if inner == url:
            break
        url = _normalised(inner)
    return url


@lru_cache(maxsize=_KEPT)
def url_key(url: str) -> str:
    """What two addresses of the same page have in common; for comparing, never for printing. "" for junk.

    Blind to http or https, www. and m., a closing slash and the order of parameters. Papers, videos, posts and
    repositories are known by their id, whichever of their addresses is given.
    """
    parts = _split(canonicalise(url))
    if parts is None:
        return ""
    name = _SAME_HOST.sub("", host(urlunsplit(parts)))
    known = known_pages.key(name, parts)
    if known:
        return known
    query = "&".join(sorted(p for p in parts.query.split("&") if p and p.lower() not in _AMP_QUERY))
    port = f":{parts.port}" if parts.port else ""
    path = _INDEX.sub("", _AMP_PATH.sub(r"\g<kept>", parts.path))
    tail = (f"?{query}" if query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    return name + port + path + tail


def unwrap(url: str) -> str:
    """The destination that a redirect of a newsletter, search engine or mail filter carries within itself.

    Nothing is fetched; at most five layers. An opaque redirect stays, without the parameters that name the
    subscriber (``is_tracking`` tells that it must not be printed). The formats were read out of real mails.
    """
    for _ in range(_MAX_DEPTH):
        parts = _split(url)
        if parts is None:
            return url
        inner = _destination(parts)
        if not inner or inner == url or _split(inner) is None:
            break
        url = inner
    parts = _split(url)
    if parts is None or not is_tracking(url):
        return url
    sender = {"u"} if within(host(url), ("list-manage.com",)) else set()
    names = _IDENTITY - sender
    kept = [p for p in parts.query.split("&") if p.partition("=")[0].lower() not in names]
    return urlunsplit(parts._replace(query="&".join(kept)))


def is_tracking(url: str) -> bool:
    """Whether an address tells its sender which subscriber followed it: it must never be printed."""
    parts = _split(url)
    if parts is None:
        return False
    name = host(url)
    if within(name, _TRACKING_HOSTS) or _TRACKING_PATH.search(parts.path):
        return True
    if name.startswith("email.") and parts.path.startswith(("/c/", "/o/")):  # Mailgun
        return True
    # Salesforce: https://help.salesforce.com/s/articleView?id=mktg.mc_es_link_tracking.htm
    if name.startswith(("click.", "view.")) and parts.query.startswith("qs="):
        return True
    return within(name, ("substack.com",)) and bool(_SUBSTACK_REDIRECT.match(parts.path))


def opaque(url: str) -> str:
    """What may be stored of a redirect that does not say where it leads: its host; ``is_tracking`` still tells it."""
    return f"https://{host(url)}/track/click" if host(url) else ""


def host(url: str) -> str:
    """The host in lower case without www., "" for junk."""
    parts = _split(url)
    return (parts.hostname or "").rstrip(".").removeprefix("www.") if parts else ""


def _absolute(url: str, base: str) -> str:
    """Without controls and blanks around it (as browsers do), and resolved."""
    url = _JUNK_IN_URL.sub("", url[: _MAX_WRAPPED_CHARS + 1].strip())
    if not url or len(url) > _MAX_WRAPPED_CHARS:
        return ""
    try:
        return urljoin(base, url) if base else url if not url.startswith("//") else f"https:{url}"
    except ValueError:
        return ""


def _normalised(url: str) -> str:
    """One pass of canonicalise, after unwrapping. "" for junk."""
    parts = _split(url)
    if parts is None:
        return ""
    fragment = parts.fragment if _is_content(parts) else ""
    bare = parts._replace(netloc=_netloc(parts), query=_without_trackers(parts), fragment="")
    try:
        url = url_normalize(urlunsplit(bare)) or ""
    except ValueError:  # UnicodeError too: a host that IDNA refuses
        return ""
    url += f"#{fragment}" if fragment else ""
    return url if len(url) <= MAX_URL_CHARS and _split(url) else ""


@lru_cache(maxsize=256)  # an address is looked at ten times before it has its key
def _split(url: str) -> SplitResult | None:
    """The parts of an http or https address with a plausible host and port, else None."""
    try:
        parts = urlsplit(url)
        name, _ = parts.hostname, parts.port  # .port raises ValueError where it is none
        if parts.scheme not in ("http", "https") or not name or parts.port == 0:
            return None
        bracketed = f"[{name}]" if ":" in name else name
        ascii_name = bracketed if bracketed.isascii() else bracketed.encode("idna").decode()
        return parts if len(ascii_name) <= 253 and _HOST.fullmatch(ascii_name) else None
    except ValueError:
        return None


def _netloc(parts: SplitResult) -> str:
    """Host and port without user:pass@."""
    return parts.netloc.rpartition("@")[2]


def _is_content(parts: SplitResult) -> bool:
    """Whether the fragment makes another publication of the page."""
    if parts.fragment.startswith(("/", "!/")):  # a page of a site made by scripts
        return True
    return bool(_HAS_DIGIT.search(parts.fragment) and _ENTRY_PAGE.search(parts.path))


def _without_trackers(parts: SplitResult) -> str:
    name = (parts.hostname or "").removeprefix("www.")
    dropped = {p for h, names in _HOST_TRACKERS.items() if within(name, (h,)) for p in names}
    if within(name, STATUS_HOSTS):
        dropped |= {"s", "t"}
    if _SUBSTACK_POST.search(parts.path):
        dropped |= {"r", "s", "triedredirect", "showwelcomeonshare"}
    kept = []
    for pair in parts.query.split("&"):
        pair = _ESCAPED_TWICE.sub("", pair)
        key = unquote(pair.partition("=")[0]).lower()
        if not pair or key in dropped or key.startswith(_TRACKER_PREFIXES):
            continue
        if key in _TRACKERS and not (key == "ref" and within(name, _REVISION_HOSTS)):
            continue
        kept.append(pair)
    return "&".join(kept)


def _destination(parts: SplitResult) -> str:
    """What one redirect leads to, "" when it does not say."""
    name = parts.hostname or ""
    for pattern, path, names in _PARAMETER_WRAPPERS:
        if pattern.match(name) and parts.path.startswith(path):
            values = parameters(parts)
            return next((values[n][0] for n in names if n in values), "")
    if found := _AMP_VIEWER.match(name + parts.path):
        return f"http{found['safe'] or ''}://{found['page']}"
    if found := _IN_PATH.search(parts.path):
        return unquote(found[1])
    if name == "click.pstmrk.it" and (found := _POSTMARK.match(parts.path)):
        return f"http{found[1]}://{unquote(found[2])}"
    if name.endswith(("urldefense.com", "urldefense.proofpoint.com", "urldefense.us")):
        return _proofpoint(parts)
    return next((d for d in map(_decoded, parts.path.split("/")) if d), "")


def _decoded(segment: str) -> str:
    """The address in a path segment: base64 of one (Kit, Sailthru) or of JSON with one (Substack), else ""."""
    if not segment.startswith(("aHR0c", "eyJ")):  # "http", '{"'
        return ""
    coded = unquote(segment).partition(".")[0].rstrip("=").replace("+", "-").replace("/", "_")
    try:
        text = urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
        if text.startswith("http"):
            return text
        values = json.loads(text)
    except (ValueError, RecursionError):  # binascii.Error, UnicodeError and JSONDecodeError are ValueErrors
        return ""
    found = (values.get(k) for k in _JSON_DESTINATIONS) if isinstance(values, dict) else ()
    return next((v for v in found if isinstance(v, str) and v.startswith("http")), "")


def _proofpoint(parts: SplitResult) -> str:
    """Proofpoint URL Defense, versions 2 and 3, after the vendor's published decoder."""
    if parts.path.startswith("/v2/"):
        coded = parameters(parts).get("u", [""])[0]
        return unquote(coded.replace("-", "%").replace("_", "/"))
    found = _PROOFPOINT_3.search(urlunsplit(parts))
    if not found:
        return ""
    try:
        characters = iter(urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4)).decode())
    except ValueError:
        return ""

    def restore(token: re.Match[str]) -> str:
        count = _RUN_LENGTHS.find(token[1][1]) + 2 if token[1] else 1
        return "".join(next(characters, "") for _ in range(count))

    url = _PROOFPOINT_3_TOKEN.sub(restore, unquote(found[1]))
    return re.sub(r"^(https?:/)(?=[^/])", r"\1/", url)
