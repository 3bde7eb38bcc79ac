"""``digest`` and ``python -m pipeline``: runs a command, and turns errors into one line and an exit code."""

import sys

import click

from pipeline.cli import digest
from pipeline.errors import DigestError


def main() -> None:
    """Exit 0: done, or nothing due; 2: use or configuration; 3: store; 4: budget; 5: problems; 75: locked; 1: a bug."""
    try:
        code = digest.main(standalone_mode=False)
    except DigestError as e:
        click.echo(f"digest: {e}", err=True)
        code = e.exit_code
    except click.ClickException as e:
        e.show()
        code = e.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        code = 130  # 128 + SIGINT
    except BrokenPipeError:
        sys.stderr.close()  # the reader left (`digest ... | head`): nobody is there to be told
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
