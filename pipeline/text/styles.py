"""What a style attribute says about whether a reader sees a text: the ways in which mails and pages hide words."""

from collections.abc import Mapping
from typing import NamedTuple

_FAR_PX = 900  # text is moved out of a window by -9999px and the like
_CLOSE = 8  # of 255: two colours that no reader tells apart
_NAMED = {"white": "#ffffff", "black": "#000000"}


def of(attributes: Mapping[str, str]) -> dict[str, str]:
    """The declarations of the style attribute, names and values in lower case."""
    declarations = attributes.get("style", "")
    pairs = (d.partition(":") for d in declarations.lower().split(";")) if declarations else ()
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs}


def is_hidden(tag: str, attributes: Mapping[str, str], style: Mapping[str, str]) -> bool:
    """Whether a reader never sees the element, as far as it says so itself."""
    if "hidden" in attributes:
        return True
    if tag == "img" and _is_pixel(attributes, style):
        return True
    if not style:
        return False
    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        # A "bulletproof button" hides its <a> from Outlook alone; everybody else sees it.
        or (style.get("mso-hide") == "all" and tag != "a")
        or _number(style.get("max-height", "")) == 0
        or _number(style.get("opacity", "")) == 0
        or _is_elsewhere(style)
    )


def _is_elsewhere(style: Mapping[str, str]) -> bool:
    """Moved out of the window, cut to nothing, or shut in a box without a size."""
    if (_number(style.get("text-indent", "")) or 0) <= -_FAR_PX:
        return True
    if style.get("position") in ("absolute", "fixed"):
        if any((_number(style.get(side, "")) or 0) <= -_FAR_PX for side in ("left", "right", "top", "bottom")):
            return True
        if style.get("clip", "").startswith("rect(") and _has_no_size(style["clip"]):
            return True
    if style.get("transform", "").replace(" ", "") in ("scale(0)", "scale(0,0)"):
        return True
    no_size = _number(style.get("height", "")) == 0 or _number(style.get("width", "")) == 0
    return no_size and style.get("overflow") in ("hidden", "clip")


def _has_no_size(call: str) -> bool:
    """Whether all numbers of "rect(0 0 0 0)" are 0, or 1 px as for screen readers."""
    numbers = [_number(part) for part in call.partition("(")[2].rstrip(")").replace(",", " ").split()]
    return bool(numbers) and all(n is not None and n <= 1 for n in numbers)


class Paint(NamedTuple):
    """The colours of a text and of what is behind it, each as "#rrggbb" or as it is written; "" where not known.

    A background of PAGE is what the whole page has.
    """

    colour: str = ""
    background: str = ""

    def hides(self, page: str = "") -> bool:
        """Whether the text has the colour of its own background, or none; ``page`` is the colour of the page."""
        return self.colour == "transparent" or _alike(self.colour, page if self.background == PAGE else self.background)

    def within(self, attributes: Mapping[str, str], style: Mapping[str, str]) -> "Paint":
        """The paint of an element inside. What a style sheet says of its class is not known."""
        if not attributes:
            return self
        colour, background = (self.colour, self.background) if "class" not in attributes else ("", "")
        if any(name.endswith("background-clip") for name in style):  # letters cut out of a picture
            return UNKNOWN
        stated = style.get("background-color") or style.get("background") or attributes.get("bgcolor", "")
        if "background-image" in style or "background" in attributes:
            stated = "url("
        written = style.get("color") or attributes.get("color", "")
        return Paint(_colour(written) if written else colour, _background(stated) if stated else background)


PAPER, PAGE = "#ffffff", "page"
PLAIN = Paint("#000000", PAGE)
"""What a reader sees where nobody says anything: black on the page."""

UNKNOWN = Paint()


def _background(value: str) -> str:
    """Its colour; "" for a picture, a gradient, or one that lets through what is behind it."""
    value = _colour(value)
    return "" if "url(" in value or "gradient(" in value or value in ("transparent", "none", "inherit") else value


def _alike(one: str, other: str) -> bool:
    if one == other:
        return one not in ("", "inherit", "currentcolor", "initial", "unset")
    try:
        pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
        return one[0] == other[0] == "#" and all(abs(a - b) <= _CLOSE for a, b in pairs)
    except (ValueError, IndexError):
        return False


def _is_pixel(attributes: Mapping[str, str], style: Mapping[str, str]) -> bool:
    """An image of at most 1 x 1: it counts readers."""
    sizes = [_number(style.get(name) or attributes.get(name, "")) for name in ("width", "height")]
    return all(size is not None and size <= 1 for size in sizes)


def _colour(value: str) -> str:
    value = value.strip().lower()
    value = _NAMED.get(value, value)
    if len(value) == 4 and value[0] == "#":
        value = "#" + "".join(digit * 2 for digit in value[1:])
    if value.startswith(("rgb(", "rgba(")):
        channels = value.partition("(")[2].rstrip(")").replace(",", " ").replace("/", " ").split()
        if len(channels) == 4 and _number(channels[3]) == 0:
            return "transparent"
        if len(channels) >= 3 and all(c.isascii() and c.isdigit() for c in channels[:3]):
            value = "#" + "".join(f"{min(int(c[:3]), 255):02x}" for c in channels[:3])
    return value


def is_tiny(size: str) -> bool:
    """Whether a font-size is too small to be seen."""
    number = _number(size)
    return number is not None and (number == 0 or (number <= 1 and size.endswith("px")))


def pixels(size: str) -> float:
    """A font-size in px, 0 for one in another unit."""
    number = _number(size) or 0.0
    return number * 4 / 3 if size.endswith("pt") else number if size.endswith("px") else 0.0


def is_bold(weight: str) -> bool:
    """Whether a font-weight is."""
    return weight in ("bold", "bolder") or (_number(weight) or 0) >= 600


def _number(value: str) -> float | None:
    """The number before a unit; None for what is not one ("auto", "100% - 3px")."""
    try:
        return float(value.strip().rstrip("%abcdefghijklmnopqrstuvwxyz "))
    except ValueError:
        return None
