"""Fills templates: Jinja2 on the operator's own files, else ours; writes the style sheet of HTML into its elements."""

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateError, TemplateSyntaxError, select_autoescape

from pipeline.errors import ConfigError
from pipeline.resources import find
from pipeline.text.markdown import escape, escape_url
from pipeline.text.spacing import join
from pipeline.text.wrap import wrap


def environment(folder: Path | None = None) -> Environment:
    """Jinja2 with our templates and, before them, those in ``folder``/templates.

    A template that is missing, or not UTF-8, raises ConfigError that names the file when it is asked for.
    """

    def load(name: str) -> tuple[str, str, Callable[[], bool]]:
        path = find("templates", name, folder)
        try:
            return path.read_text(encoding="utf-8"), str(path), lambda: True
        except (OSError, UnicodeDecodeError) as e:
            raise ConfigError(f"cannot be read: {e}", subject=str(path), remedy="Save it as UTF-8 text") from e

    env = Environment(
        loader=FunctionLoader(load),
        autoescape=select_autoescape(disabled_extensions=("txt.j2", "md.j2"), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(md=escape, md_url=escape_url, wrapped=wrap, prose=join)
    return env


def fill(env: Environment, name: str, **values: object) -> str:
    """The filled template, ending in one new line. Raises ConfigError when it is missing or wrong, with the line."""
    try:
        text = env.get_template(name).render(values)
    except TemplateSyntaxError as e:
        where = f"{e.filename or name}:{e.lineno}"
        raise ConfigError(f"is no template: {e.message}", subject=where, remedy="Mend that line") from e
    except TemplateError as e:
        remedy = "Compare it with the template that came with the program"
        raise ConfigError(f"cannot be filled: {e}", subject=f"templates/{name}", remedy=remedy) from e
    return text.strip("\n") + "\n"


def inline_css(html: str) -> str:
    """Write the style sheet into the elements too: many mail programs drop it (https://www.caniemail.com).

    Nothing is loaded from elsewhere; what cannot be inlined (media queries) stays in the head.
    """
    import css_inline

    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True, keep_at_rules=True)
    return inliner.inline(html)
