"""Writes the folder of a newcomer: config.yaml, .env.example, a README of three steps."""

import re
from datetime import datetime
from pathlib import Path

from pipeline import resources
from pipeline.context import utc_now
from pipeline.errors import ConfigError

ENV_EXAMPLE = """\
# Copy to .env (never commit it). What stands in the environment wins.
# A key for the model that writes; without one the digest prints extracts, and says so. Another model.provider has a
# variable of its own (GEMINI_API_KEY, ANTHROPIC_API_KEY, TOGETHER_API_KEY ...).
#OPENAI_API_KEY=
# The password of your mail account, for the smtp channel in config.yaml.
#DIGEST_SMTP_PASSWORD=
# The password of the mailbox that newsletters come to (`type: mail` with a host).
#DIGEST_IMAP_PASSWORD=
# What some sources want: X's paid interface, the token of your Reddit feeds, an address with {token} in it.
#X_BEARER_TOKEN=
#REDDIT_FEED_TOKEN=
#FEED_TOKEN=
"""

README = """\
# Your digest

1. Edit `config.yaml`: your time zone, your mail server and address, the sources that you want.
   Copy `.env.example` to `.env` and put your secrets there. Then: `digest doctor`
2. `digest recipients add you@example.org`, and `digest run`: it reads the sources and drafts the first issue.
   Look at it: `digest review --terminal`. After your approval, `digest run` sends it when it is due.
3. Let cron knock every hour; the program decides what is due:
   `7 * * * *  cd {folder} && {digest} run`
"""


def write(folder: Path) -> list[str]:
    """Write the three files; gives what to tell the person. Raises ConfigError when a configuration is there."""
    import shlex
    import sys

    config = folder / "config.yaml"
    if config.exists():
        raise ConfigError("is there already", subject=str(config), remedy="Take another folder, or edit that one")
    example = resources.config_example().read_text(encoding="utf-8")
    today = utc_now().astimezone()
    digest = str(Path(sys.argv[0]).resolve()) if Path(sys.argv[0]).name == "digest" else "digest"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        config.write_text(_dated(example, today), encoding="utf-8")
        (folder / ".env.example").write_text(ENV_EXAMPLE, encoding="utf-8")
        readme = README.format(folder=shlex.quote(str(folder.resolve())), digest=shlex.quote(digest))
        (folder / "README.md").write_text(readme, encoding="utf-8")
    except OSError as e:
        raise ConfigError(f"cannot be written: {e.strerror}", subject=str(folder), remedy="Take another folder") from e
    return [
        f"Wrote {config}, .env.example and README.md.",
        f"Next: cd {shlex.quote(str(folder))} && digest doctor",
    ]


def _dated(example: str, today: datetime) -> str:
    """The example with the calendar anchored on today, so that the first run drafts an issue."""
    return re.sub(r"^(  anchor: ).*?(\s*#.*)?$", rf"\g<1>{today:%Y-%m-%d}\g<2>", example, count=1, flags=re.MULTILINE)
