"""digest review: the review queue on a terminal."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from pipeline.cli.common import opened
from pipeline.errors import DigestError, ReviewError

if TYPE_CHECKING:
    from pipeline.context import Context
    from pipeline.review.desk import Card
    from pipeline.types import Action

HELP = """\
a approve     r reject (say why)   h hold for a later issue   e edit in your editor
u undo        m move within its section                       n next   p previous   g go to a number
v view the issue as it prints      A approve the whole issue  q leave (everything is kept)   ? this help"""


@click.command()
@click.argument("issue_id", required=False)
@click.option("--terminal", is_flag=True, help="Review here, on the terminal (the only desk so far).")
@click.option("--as", "reviewer", envvar="USER", default="reviewer", show_default="your login name")
@click.pass_context
def review(context: click.Context, issue_id: str | None, terminal: bool, reviewer: str) -> None:
    """Go through the draft story by story; approve, reject, hold, edit, move, undo; then approve the issue.

    Every decision is kept at once. What code did not find in a story's own sources is marked with "!".
    """
    from pipeline.store import issues

    if not terminal:
        raise click.UsageError("say --terminal: the desk in the browser is not there yet")
    with opened(context) as ctx:
        with ctx.store.read() as db:
            waiting = [i.id for i in issues.with_status(db, "in_review", "approved")]
        if issue_id is None and not waiting:
            raise ReviewError("nothing waits for a review", subject="digest review", remedy="`digest status` says what is due")
        Session(ctx, issue_id or waiting[0], reviewer).loop()


class Session:
    """One sitting at the terminal: where the reviewer is, and what each key does."""

    def __init__(self, ctx: "Context", issue_id: str, reviewer: str) -> None:
        self.ctx, self.issue_id, self.reviewer = ctx, issue_id, reviewer
        self.at = 0
        self.approved = False
        self.cards = self._cards()

    def loop(self) -> None:
        """Show a card, ask for a key, do it; until the reviewer leaves or the issue is approved."""
        from pipeline.review import desk

        names = {s.id: s.title for s in self.ctx.settings.sources}
        click.echo(HELP)
        show = True
        while True:
            if show:
                click.echo("\n" + desk.told(self.cards[self.at], self.at + 1, len(self.cards), names))
            key = click.prompt("\n[a r h e u m n p g v A q ?]", default="n", show_default=False).strip()
            try:
                show = self._do(key)
            except DigestError as e:
                click.echo(f"! {e}")
                show = False
            if key == "q" or self.approved:
                return

    def _do(self, key: str) -> bool:
        """Act on a key; True when the card should be shown again."""
        actions: dict[str, Callable[[], bool]] = {
            "a": lambda: self._decide("approve"),
            "r": lambda: self._decide("reject", click.prompt("Why", default="", show_default=False)),
            "h": lambda: self._decide("hold"),
            "u": self._undo,
            "e": self._edit,
            "m": self._move,
            "n": lambda: self._go(self.at + 1),
            "p": lambda: self._go(self.at - 1),
            "g": lambda: self._go(click.prompt("Number", type=int) - 1),
            "v": self._view,
            "A": self._approve,
            "q": lambda: False,
        }
        if key not in actions:
            click.echo(HELP)
            return False
        return actions[key]()

    def _cards(self) -> "list[Card]":
        from pipeline.review import desk, stage
        from pipeline.store import issues

        with self.ctx.store.read() as db:
            cards = desk.cards(db, issues.decided(db, stage.get(db, self.issue_id)))
        if not cards:
            raise ReviewError("holds no stories", subject=f"issue {self.issue_id}", remedy="`digest run` drafts it")
        return cards

    def _go(self, to: int) -> bool:
        self.at = min(max(to, 0), len(self.cards) - 1)
        return True

    def _decide(self, action: "Action", comment: str = "") -> bool:
        from pipeline.review import stage

        story_id = self.cards[self.at].story.id
        stage.decide(
            self.ctx, self.issue_id, story_id, action, reviewer=self.reviewer, channel="terminal", comment=comment
        )
        self.cards = self._cards()
        return self._go(self.at + 1)

    def _undo(self) -> bool:
        from pipeline.review import stage

        stage.decide(self.ctx, self.issue_id, None, "undo", reviewer=self.reviewer, channel="terminal")
        self.cards = self._cards()
        return True

    def _edit(self) -> bool:
        from pipeline.review import desk, stage
        from pipeline.run import catch_up

        text = click.edit(desk.edit_form(self.cards[self.at]))
        if text is None:
            click.echo("Nothing changed.")
            return False
        headline, sentences = desk.read_edit(text)
        story_id = self.cards[self.at].story.id
        stage.edit(
            self.ctx,
            self.issue_id,
            story_id,
            headline=headline,
            sentences=sentences,
            reviewer=self.reviewer,
            channel="terminal",
        )
        catch_up(self.ctx, ["verify"])
        self.cards = self._cards()
        return True

    def _move(self) -> bool:
        from pipeline.review import stage

        position = click.prompt("To which place in its section (1 is the first)", type=click.IntRange(1)) - 1
        story_id = self.cards[self.at].story.id
        stage.decide(
            self.ctx, self.issue_id, story_id, "reorder", reviewer=self.reviewer, channel="terminal", position=position
        )
        self.cards = self._cards()
        return self._go(next(i for i, card in enumerate(self.cards) if card.story.id == story_id))

    def _view(self) -> bool:
        from pipeline.run import preview

        _, made, fingerprint = preview(self.ctx, self.issue_id)
        click.echo_via_pager(made["text"].body.decode())
        click.echo(f"Fingerprint {fingerprint}")
        return False

    def _approve(self) -> bool:
        from pipeline.review import stage
        from pipeline.run import preview

        _, made, fingerprint = preview(self.ctx, self.issue_id)
        click.echo(made["text"].body.decode())
        undecided = sum(1 for card in self.cards if card.decided.decision is None)
        findings = sum(len(card.findings) for card in self.cards if card.decided.printed and not card.decided.reviewed)
        click.echo(f"{undecided} stories undecided, {findings} findings in stories that you did not approve one by one.")
        if not click.confirm(f"Send exactly this when it is due? (fingerprint {fingerprint[:12]})", default=False):
            return False
        stage.approve(self.ctx, self.issue_id, fingerprint, reviewer=self.reviewer, channel="terminal")
        click.echo(f"Issue {self.issue_id} is approved. The next `digest run` sends it when it is due.")
        self.approved = True
        return False
