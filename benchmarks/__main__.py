"""``python -m benchmarks [NAME...] [--small]``: prints a table, writes nothing."""

from importlib import import_module
from pathlib import Path

import click

from benchmarks._measuring import Row

NAMES = tuple(sorted(p.stem for p in Path(__file__).parent.glob("[a-z]*.py")))


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--small", is_flag=True, help="The smallest size, once: only to see that everything runs.")
def main(names: tuple[str, ...], *, small: bool) -> None:
    """Measure all benchmarks, or the named ones."""
    for name in names or NAMES:
        rows: list[Row] = import_module(f"benchmarks.{name}").measure(small)
        for row in rows:
            click.echo(f"{row.name:<40} {row.figure:>9,.2f} {row.unit:<8} vs {row.baseline:<44} {row.note}")


if __name__ == "__main__":
    main()
