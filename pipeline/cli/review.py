"""digest review: the review queue on a terminal."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from pipeline.cli.common import columns, moment, opened, reviewer_option, zone
from pipeline.cli.translated import TranslationChecks
from pipeline.errors import DigestError, ReviewError

if TYPE_CHECKING:
    from pipeline.context import Context
    from pipeline.review.others import LeftOut
    from pipeline.review.queue import Card
    from pipeline.types import Action

HELP = """\
  a  approve this story           n  next story          e  edit it in your editor
  r  reject it, and say why       p  previous story      m  move it within its section
  h  hold it for a later issue    7  go to story 7       u  undo your last decision
  j  join it with another story   s  split it in two     d  perhaps the same: no, two
  R  the repeats left out         b  bring one back      ?  these keys
  v  view the issue as it prints  A  approve all of it   q  leave; everything is kept"""
PROMPT = "a approve · r reject · h hold · e edit · n next · ? all keys >"
MAX_COLUMNS = 100  # longer lines are hard to read


@click.command()
@click.argument("issue_id", required=False)
@click.option("--terminal", is_flag=True, help="Review here, on the terminal (the only desk so far).")
@reviewer_option
@click.pass_context
def review(context: click.Context, issue_id: str | None, terminal: bool, reviewer: str) -> None:
    """Decide about the draft, story by story.

    Approve, reject, hold, edit, move, join, split, bring back a repeat, undo; then approve the issue as a whole. Every
    decision is kept at once. What code did not find in a story's own sources is marked with "!".
    """
    from pipeline.store import issues

    if not terminal:
        raise click.UsageError("the desk in the browser is not there yet; add --terminal")
    with opened(context) as ctx:
        with ctx.store.read() as db:
            waiting = issues.with_status(db, "in_review") or issues.with_status(db, "approved")
        if issue_id is None and not waiting:
            raise ReviewError("nothing waits for a review", remedy="`digest status` says what is due")
        Session(ctx, issue_id or waiting[0].id, reviewer).loop()


class Session:
    """One sitting at the terminal: where the reviewer is, and what each key does."""

    def __init__(self, ctx: "Context", issue_id: str, reviewer: str) -> None:
        self.ctx, self.issue_id, self.reviewer = ctx, issue_id, reviewer
        self.approved = False
        self.in_translations = TranslationChecks()
        self.cards = self._cards()
        self.at = next((i for i, card in enumerate(self.cards) if card.decided.decision is None), 0)

    def loop(self) -> None:
        """Show a card, ask for a key, do it; until the reviewer leaves or the issue is approved."""
        from pipeline.review import desk

        self._greet()
        self._show()
        while not self.approved:
            key = self._ask()
            if key == "q":
                click.echo(f"Everything is kept. {desk.tally(self.cards)}.")
                return
            try:
                self._do(key)
            except click.Abort:  # Ctrl-C or Ctrl-D at a question
                click.echo("\nNothing changed.")
            except click.ClickException as e:
                click.echo(f"! {e.format_message()}")
            except DigestError as e:
                click.echo(f"! {e}")

    def _ask(self) -> str:
        """The next key; nobody at the terminal any more is the same as leaving. Enter alone decides nothing."""
        try:
            key: str = click.prompt("\n" + PROMPT, default="", show_default=False, prompt_suffix=" ")
        except click.Abort:
            click.echo("")
            return "q"
        return key.strip()

    def _do(self, key: str) -> None:
        actions: dict[str, Callable[[], object]] = {
            "a": lambda: self._decide("approve"),
            "r": lambda: self._decide("reject", click.prompt("Why", default="", show_default=False)),
            "h": lambda: self._decide("hold"),
            "u": self._undo,
            "e": self._edit,
            "m": self._move,
            "j": self._join,
            "s": self._split,
            "d": self._different,
            "R": self._repeats,
            "b": self._bring_back,
            "n": lambda: self._go(self.at + 1),
            "p": lambda: self._go(self.at - 1),
            "v": self._view,
            "A": self._approve,
        }
        if key.isdecimal() and 1 <= int(key[:6]) <= len(self.cards):
            self._go(int(key[:6]) - 1)
        elif key in actions:
            actions[key]()
        else:
            click.echo(HELP)

    def _cards(self) -> "list[Card]":
        from pipeline.review import queue
        from pipeline.store import issues

        with self.ctx.store.read() as db:
            self.issue = issues.require(db, self.issue_id)
            cards = self.in_translations.shown(queue.load(db, issues.decided(db, self.issue)))
        if not cards:
            raise ReviewError("holds no stories", subject=f"issue {self.issue_id}", remedy="`digest run` drafts it")
        return cards

    def _greet(self) -> None:
        from pipeline.review import desk, queue

        due = moment(self.issue.publish_at, zone(self.ctx))
        click.echo(f"Issue {self.issue_id} is {queue.said(self.issue.status)}; due {due}.")
        click.echo(f"{desk.tally(self.cards)}.")
        if doubtful := sum(bool(card.perhaps) for card in self.cards):
            click.echo(f"Perhaps the same as another story: {doubtful} (each says so; j joins, d keeps them two).")
        with self.ctx.store.read() as db:
            repeats, lead = len(queue.left_out(db, self.issue)), queue.lead_found(db, self.issue)
        if repeats:
            click.echo(f"Left out as repeats: {repeats} (R lists them, b brings one back).")
        if self.issue.status == "approved":
            click.echo("It goes out as it is; any decision that you make here voids its approval.")
        self._echo(desk.lead_told(lead, self._names, MAX_COLUMNS))
        click.echo("\n" + HELP)

    @property
    def _names(self) -> dict[str, str]:
        return {s.id: s.title for s in self.ctx.settings.sources}

    def _echo(self, lines: Iterable[str]) -> None:
        """Print lines; what is about a finding stands out."""
        for line in lines:
            click.echo(click.style(line, fg="yellow") if line.lstrip().startswith("!") else line)

    def _show(self) -> None:
        from pipeline.review import desk
        from pipeline.review.others import COLUMNS

        wide = min(columns() or COLUMNS, MAX_COLUMNS)
        click.echo("")
        self._echo(desk.told(self.cards[self.at], self.at + 1, len(self.cards), self._names, wide).splitlines())

    def _go(self, to: int) -> None:
        """Show another card; behind the last one say how to end."""
        from pipeline.review import desk

        if to >= len(self.cards):
            click.echo(f"That was the last. {desk.tally(self.cards)}.\nA approves the issue, q leaves.")
            return
        self.at = max(to, 0)
        self._show()

    def _decide(self, action: "Action", comment: str = "") -> None:
        from pipeline.review import stage

        story_id = self.cards[self.at].story.id
        stage.decide(
            self.ctx, self.issue_id, story_id, action, reviewer=self.reviewer, channel="terminal", comment=comment
        )
        self.cards = self._cards()
        click.echo(f"{self.cards[self.at].state}: {self.cards[self.at].headline}")
        self._go(self.at + 1)

    def _undo(self) -> None:
        """Take the last decision back, and show the story that it was about."""
        from pipeline.review import stage
        from pipeline.run import catch_up
        from pipeline.store import issues
        from pipeline.store.decisions import standing

        with self.ctx.store.read() as db:
            made = standing(issues.reviews_of(db, self.issue_id))
        stage.decide(self.ctx, self.issue_id, None, "undo", reviewer=self.reviewer, channel="terminal")
        if made[-1].moved:
            catch_up(self.ctx)
        self.cards = self._cards()
        click.echo(f"Taken back: {made[-1].action} by {made[-1].reviewer}.")
        self._go_to_story(made[-1].story_id)

    def _go_to_story(self, story_id: str | None) -> None:
        self._go(next((i for i, card in enumerate(self.cards) if card.story.id == story_id), self.at))

    def _edit(self) -> None:
        from pipeline.review import desk, stage
        from pipeline.run import catch_up

        card = self.cards[self.at]
        form = desk.edit_form(card)
        text = click.edit(form)
        if text is None or desk.read_edit(text) == desk.read_edit(form):
            click.echo("Nothing changed.")
            return
        headline, sentences = desk.read_edit(text)
        stage.edit(
            self.ctx,
            self.issue_id,
            card.story.id,
            headline=headline,
            sentences=sentences,
            reviewer=self.reviewer,
            channel="terminal",
        )
        catch_up(self.ctx, ["verify"])
        self.cards = self._cards()
        self._show()

    def _move(self) -> None:
        from pipeline.review import stage

        card = self.cards[self.at]
        last = sum(1 for c in self.cards if c.decided.slot.section == card.decided.slot.section)
        position = click.prompt(f"To which place in {card.section} (1 is the first)", type=click.IntRange(1, last)) - 1
        stage.decide(
            self.ctx,
            self.issue_id,
            card.story.id,
            "reorder",
            reviewer=self.reviewer,
            channel="terminal",
            position=position,
        )
        self.cards = self._cards()
        self._go_to_story(card.story.id)

    def _join(self) -> None:
        """Make this story and another one; what is perhaps the same is offered."""
        from pipeline.review import stage

        mine, other = self.cards[self.at].story.id, self._other("With which story (its number, or its id)")
        kept = stage.merge(self.ctx, self.issue_id, mine, other, reviewer=self.reviewer, channel="terminal")
        self._regrouped("They are one story now.", kept)

    def _split(self) -> None:
        from pipeline.review import stage

        story = self.cards[self.at].story
        typed = _asked("Which of its sources are another story (their numbers)")
        numbers = {int(word[:6]) if word.isdecimal() else 0 for word in typed.replace(",", " ").split()}
        if not numbers <= set(range(1, len(story.items) + 1)):
            raise ReviewError(f"has the sources 1 to {len(story.items)}", subject=f"story {story.id}")
        chosen = [story.items[number - 1].id for number in numbers]
        stage.split(self.ctx, self.issue_id, story.id, chosen, reviewer=self.reviewer, channel="terminal")
        self._regrouped("They are two stories now, one behind the other.", story.id)

    def _different(self) -> None:
        """Say that this story and one that is perhaps the same are two."""
        from pipeline.review import stage

        card = self.cards[self.at]
        if not card.perhaps:
            raise ReviewError("is in doubt with no other", subject=f"story {card.story.id}")
        only = len(card.perhaps) == 1
        other = card.perhaps[0].story.id if only else self._other("From which story (its number, or its id)")
        stage.tell_apart(self.ctx, self.issue_id, card.story.id, other, reviewer=self.reviewer, channel="terminal")
        self.cards = self._cards()
        click.echo("They are two; nobody is asked again.")
        self._show()

    def _other(self, question: str) -> str:
        """Ask for another story, by its number in this issue or its id; what is likeliest the same is offered."""
        first = next(iter(self.cards[self.at].perhaps), None)
        typed = _asked(question, str(first.number or first.story.id) if first else "")
        number = int(typed[:6]) if typed.isdecimal() else 0
        return self.cards[number - 1].story.id if 1 <= number <= len(self.cards) else typed

    def _regrouped(self, said: str, story_id: str) -> None:
        """Have written what changed, and show it."""
        from pipeline.run import catch_up

        catch_up(self.ctx)
        self.cards = self._cards()
        click.echo(said)
        self.at = min(self.at, len(self.cards) - 1)
        self._go_to_story(story_id)

    def _left_out(self) -> "list[LeftOut]":
        from pipeline.review import queue

        with self.ctx.store.read() as db:
            found = queue.left_out(db, self.issue)
        if not found:
            raise ReviewError("left out no repeats", subject=f"issue {self.issue_id}")
        return found

    def _repeats(self) -> None:
        from pipeline.review.others import repeats_told

        click.echo("\n".join(repeats_told(self._left_out())))

    def _bring_back(self) -> None:
        """Print a story that was left out as a repeat."""
        from pipeline.review import stage

        found = self._left_out()
        self._repeats()
        number = click.prompt("Which of these is no repeat", type=click.IntRange(1, len(found)))
        story_id = found[number - 1].story.id
        stage.bring_back(self.ctx, self.issue_id, story_id, reviewer=self.reviewer, channel="terminal")
        self._regrouped("It prints, and is never left out again.", story_id)

    def _view(self) -> str:
        """Page through the issue as it would be sent; gives its fingerprint."""
        from pipeline.run import preview

        _, made, fingerprint = preview(self.ctx, self.issue_id)
        click.echo_via_pager(made["text"].body.decode())
        self.cards = self._cards()
        return fingerprint

    def _approve(self) -> None:
        from pipeline.review import desk, stage

        if not any(card.decided.printed for card in self.cards):
            remedy = f"`digest issue cancel {self.issue_id}` calls it off"
            raise ReviewError("has no story left to print", subject=f"issue {self.issue_id}", remedy=remedy)
        fingerprint = self._view()
        due = moment(self.issue.publish_at, zone(self.ctx))
        click.echo(f"{desk.tally(self.cards)}.")
        if any(card.decided.decision is None for card in self.cards):
            click.echo("Undecided stories are printed too; the issue says how many you reviewed one by one.")
        if not click.confirm(
            f"Send exactly this when it is due, {due}? (fingerprint {fingerprint[:12]})", default=False
        ):
            click.echo("Nothing changed.")
            return
        stage.approve(self.ctx, self.issue_id, fingerprint, reviewer=self.reviewer, channel="terminal")
        click.echo(f"Issue {self.issue_id} is approved. The first `digest run` from then on sends it.")
        self.approved = True


def _asked(question: str, default: str = "") -> str:
    """What is typed. Enter alone, where nothing is offered, changes nothing."""
    typed: str = click.prompt(question, default=default, show_default=bool(default)).strip()
    if not typed:
        raise click.Abort
    return typed
