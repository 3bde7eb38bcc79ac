"""digest glossary: the terms that every translation is held to; a reviewer adds one where a translation is wrong."""

import click

from pipeline.cli.common import json_option, listing, settings
from pipeline.errors import ConfigError


@click.group()
def glossary() -> None:
    """The terms that translations keep to."""


@glossary.command("list")
@json_option
@click.pass_context
def list_terms(context: click.Context, as_json: bool) -> None:
    """Show the terms: yours first, then those of ours that yours do not replace."""
    from pipeline.translate.stage import own_terms, terms_of

    found = settings(context)
    own = own_terms(found)
    rows = [
        {
            "en": ", ".join(term.en),
            "zh": ", ".join(term.zh),
            "keep": "yes" if term.keep else "",
            "forbidden": ", ".join(term.forbidden),
            "by": "you" if term in own else "us",
        }
        for term in terms_of(found)
    ]
    listing(rows, as_json=as_json, empty="No term yet: `digest glossary add EN ZH`.")


@glossary.command("add")
@click.argument("en")
@click.argument("zh")
@click.option("--keep", is_flag=True, help="The English word may stand in Chinese as well.")
@click.option("--forbid", multiple=True, help="A Chinese word that must not stand for it.")
@click.pass_context
def add_term(context: click.Context, en: str, zh: str, keep: bool, forbid: tuple[str, ...]) -> None:
    """Translate the term EN as ZH from now on; what holds it is translated anew by the next run."""
    from pipeline.text.language import has_script
    from pipeline.translate.glossary import Term, line_of
    from pipeline.translate.stage import add, own_terms

    found = settings(context)
    en, zh = en.strip(), zh.strip()
    if not en or not has_script(zh, "zh"):
        raise ConfigError(
            "is no Chinese for it, and nothing changed", subject=zh or "ZH", remedy="EN comes first, then ZH"
        )
    if any(en.casefold() in map(str.casefold, term.en) for term in own_terms(found)):
        remedy = f"Change its line in {found.glossary}"
        raise ConfigError("is in your glossary already, and nothing changed", subject=en, remedy=remedy)
    path = add(found, line_of(Term(en=(en,), zh=(zh,), keep=keep, forbidden=forbid)))
    click.echo(f"{en} is {zh} from now on ({path}).")
