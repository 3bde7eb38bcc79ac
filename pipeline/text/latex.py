"""LaTeX in titles and abstracts as plain text, as far as that is simple; what is not stays as its authors wrote it."""

import re
import unicodedata

# Pandoc's rule (https://pandoc.org/MANUAL.html#math) tells a formula from a sum of dollars: no blank inside, no digit
# behind. Only formulas of one line and of this length are looked at.
_FORMULA = re.compile(r"(?<!\\)\$(?![\s$])([^$\n]{1,200})(?<![\s\\])\$(?!\d)")
_STYLED = re.compile(
    r"\\(?:emph|text(?:bf|it|tt|sc|rm|sf|up)?|math(?:rm|bf|it|tt|sf|cal|bb)|operatorname|url)\{([^{}]*)\}"
)
_MAX_NESTED = 5
_ACCENT = r"""\\(?:([`'^"~=.])|([uvHckr])(?=[{\s]))\s?(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))"""
_LETTER = r"\\(ss|ae|AE|oe|OE|aa|AA|o|O|l|L)(?:\{\}|\s|(?![A-Za-z]))"
_ACCENTS = [re.compile(p) for p in (rf"\{{{_ACCENT}\}}", _ACCENT)]  # also {\"o}
_SPECIAL = [re.compile(p) for p in (rf"\{{{_LETTER}\}}", _LETTER)]
_WORD = re.compile(r"\\([A-Za-z]{1,20})")
_BRACED = re.compile(r"([_^])\{([A-Za-z0-9+-]{1,20})\}")
_ESCAPED = re.compile(r"\\([%&$#_])")
_QUOTED = re.compile(r"``([^`'\n]{1,300})''")

_MARKS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "c": "\u0327", "k": "\u0328",
}  # fmt: skip
_LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł",
}  # fmt: skip
_SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω", "times": "×", "cdot": "·", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "neq": "≠",
    "approx": "≈", "sim": "~", "ll": "≪", "gg": "≫", "infty": "∞", "ell": "ℓ", "to": "→", "rightarrow": "→",
    "leftarrow": "←", "uparrow": "↑", "downarrow": "↓", "in": "∈", "ldots": "…", "dots": "…", "log": "log",
    "min": "min", "max": "max", "star": "*",
}  # fmt: skip


def plain(text: str) -> str:
    r"""Accents become letters, ``\emph{x}`` becomes x, ``95\%`` becomes 95%, ``$\alpha$`` becomes α.

    A formula that cannot be written in one line of letters keeps its dollars and commands.
    """
    for accent in _ACCENTS:
        text = accent.sub(_accented, text)
    for special in _SPECIAL:
        text = special.sub(lambda m: _LETTERS[m[1]], text)
    for _ in range(_MAX_NESTED):
        text, count = _STYLED.subn(r"\1", text)
        if not count:
            break
    text = _FORMULA.sub(_formula, text)
    return _ESCAPED.sub(r"\1", _QUOTED.sub("“\\1”", text))


def _accented(found: re.Match[str]) -> str:
    mark, letter = found[1] or found[2], found[3] or found[4]
    return unicodedata.normalize("NFC", letter + _MARKS[mark])


def _formula(found: re.Match[str]) -> str:
    """A formula without its dollars where letters can say it, else as it was."""
    inside = _WORD.sub(lambda m: _SYMBOLS.get(m[1], m[0]), found[1].replace(r"^\circ", "°"))
    inside = _ESCAPED.sub(r"\1", _BRACED.sub(r"\1\2", inside))
    return found[0] if re.search(r"[\\{}]", inside) else inside
