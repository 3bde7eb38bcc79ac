"""The commands: parse, build a Context, call, print, exit code. Heavy imports stay inside the functions."""

from pathlib import Path

import click

from pipeline.cli.apply import apply
from pipeline.cli.glossary import glossary
from pipeline.cli.issue import issue
from pipeline.cli.lists import recipients
from pipeline.cli.model import model
from pipeline.cli.review import review
from pipeline.cli.run import demo, doctor, init, run
from pipeline.cli.sources import sources
from pipeline.cli.status import status
from pipeline.cli.try_story import try_story


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path),
    envvar="DIGEST_CONFIG",
    default=Path("config.yaml"),
    show_default=True,
    help="The configuration, or the folder that it stands in.",
)
@click.version_option(package_name="every-other-day", prog_name="digest")
@click.pass_context
def digest(context: click.Context, config: Path) -> None:
    """An AI-news digest for one desk: read, fold into stories, check, review, print, post.

    Start with `digest demo` (no key, no network), or with `digest init DIR`. After that one cron line is enough:

        7 * * * *  digest -c DIR run
    """
    context.obj = config


for command in (run, demo, init, doctor, status, review, issue, sources, recipients, glossary, model, apply):
    digest.add_command(command)
model.add_command(try_story)
