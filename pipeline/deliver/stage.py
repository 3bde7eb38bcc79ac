"""Deliver: books a row for every recipient of an issue that is due, then sends the rows that wait.

A row goes queued -> sending (committed before the first byte) -> sent | deferred | failed | unknown. What a dead run
left in ``sending`` becomes ``unknown`` and waits for a person: nobody is mailed twice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from email.utils import parseaddr

from sqlalchemy.engine import Connection

from pipeline.context import Context
from pipeline.deliver import alert
from pipeline.deliver.message import list_headers, message_id, notice_headers
from pipeline.errors import NetworkError, RecipientRejected, ReviewError
from pipeline.seams import Channel, Message, Receipt
from pipeline.store import deliveries, issues, runs, sources
from pipeline.store.approval import fingerprint
from pipeline.types import Delivery, Issue, Outcome, Rendering

# RFC 5321 4.5.4.1: retry intervals grow; after two days an issue is old news.
BACK_OFF = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
GIVE_UP_AFTER = timedelta(hours=48)
"""From publish_at on; for a notice, from the moment it was first put off."""

ALERT = "failing sources"


def pending(ctx: Context) -> Iterable[str]:
    """ "issue/channel" for every frozen issue that is due and every batch of rows that may be sent now."""
    now = ctx.clock()
    with ctx.store.read() as db:
        told = [ALERT] if _failing(ctx, db) else []
        due = [
            i.id for i in issues.with_status(db, "approved") if i.publish_at <= now and issues.renderings_of(db, i.id)
        ]
        rows = deliveries.waiting(db, now)
        done = deliveries.finished(db)
    batches = [f"{row.issue_id}/{row.channel}" for row in rows]
    return list(dict.fromkeys([*(f"{i}/" for i in due), *batches, *(f"{i}/" for i in done), *told]))


def process(ctx: Context, key: str) -> Outcome:
    """Book an issue ("issue/"), close one that is through, send one batch of rows, or tell of failing sources."""
    if key == ALERT:
        return _send_alert(ctx)
    issue_id, _, channel_name = key.partition("/")
    if channel_name:
        return _send_batch(ctx, issue_id, channel_name)
    with ctx.store.begin() as db:
        issue = issues.get(db, issue_id)
        if issue is None or issue.status not in ("approved", "sending"):
            return Outcome(skipped="nothing to do")
        if issue.status == "approved":
            issues.move(db, issue_id, "sending")
            deliveries.queue(db, _rows(ctx, issue_id, deliveries.active_recipients(db), runs.secret(db, "message_id")))
        if issue_id in deliveries.finished(db):
            issues.move(db, issue_id, "sent")
    return Outcome(count=0)


def _rows(ctx: Context, issue_id: str, people: Sequence[tuple[str, str]], secret: str) -> list[Delivery]:
    """One row a recipient and channel. Raises ReviewError when there is nobody: the issue stays approved."""
    rows = [
        Delivery(
            issue_id=issue_id,
            channel=named.name,
            recipient=address,
            status="queued",
            attempts=0,
            message_id=message_id(issue_id, address, secret, _domain(ctx)),
            changed_at=ctx.clock(),
        )
        for named in ctx.channels
        for address in (["archive"] if named.one_copy else [address for address, _ in people])
    ]
    if not rows:
        remedy = "Add somebody with `digest recipients add ADDRESS`, or a channel in config.yaml"
        raise ReviewError(
            "there is nobody to send it to", subject=f"issue {issue_id}", remedy=remedy, kind="no_recipients"
        )
    return rows


def _channel(ctx: Context, name: str) -> Channel:
    """The channel that rows are booked on; notices go by the first one that sends to people."""
    for named in ctx.channels:
        if named.name == name or (name == deliveries.NOTICE and not named.one_copy):
            return named.channel
    remedy = f"Put the channel {name} back into config.yaml" if name != deliveries.NOTICE else "Add an smtp channel"
    raise ReviewError("there is no such channel", subject=name, remedy=remedy)


def _send_batch(ctx: Context, issue_id: str, channel_name: str) -> Outcome:
    """Send what waits. The other side down: every row is put off, nothing is lost."""
    with ctx.store.read() as db:
        rows = [r for r in deliveries.waiting(db, ctx.clock()) if (r.issue_id, r.channel) == (issue_id, channel_name)]
        issue = issues.get(db, issue_id)
        frozen = issues.renderings_of(db, issue_id)
        notices = issues.renderings_of(db, issue_id, issues.NOTICE_FORMATS)
    if issue is None or (channel_name == deliveries.NOTICE and not notices):
        return Outcome(skipped="there is nothing to send")
    channel = _channel(ctx, channel_name)
    if channel_name == deliveries.NOTICE:
        compose = _notice_mail(ctx, issue, notices)
    else:
        compose = _issue_mail(ctx, issue, frozen)
    refused: list[str] = []
    try:
        with channel:
            for row in rows:
                receipt = _send_one(ctx, channel, row, compose(row), issue)
                if receipt is not None and receipt.status != "sent":
                    refused.append(f"{row.recipient} {receipt.status} ({receipt.detail})")
    except NetworkError as e:
        _put_off(ctx, rows, issue, str(e))
        raise RecipientRejected(e.message, subject=channel_name, remedy=e.remedy, kind=e.kind) from e
    if refused:
        message = f"{len(refused)} of {len(rows)} not sent: {'; '.join(refused[:5])}"
        raise RecipientRejected(message, subject=f"{issue_id}/{channel_name}", remedy="`digest status` lists them")
    return Outcome(count=len(rows))


def _send_one(ctx: Context, channel: Channel, row: Delivery, message: Message, issue: Issue) -> Receipt | None:
    """Claim the row, commit, send, write what became of it. None: somebody else has it."""
    with ctx.store.begin() as db:
        if not deliveries.claim(db, row, ctx.clock()):
            return None
    receipt = channel.send(message)
    with ctx.store.begin() as db:
        _settle(ctx, db, row, issue, receipt)
    return receipt


def _settle(ctx: Context, db: Connection, row: Delivery, issue: Issue, receipt: Receipt) -> None:
    now = ctx.clock()
    status, next_attempt_at = str(receipt.status), None
    if receipt.status == "deferred":
        next_attempt_at = now + BACK_OFF[min(row.attempts, len(BACK_OFF) - 1)]
        if next_attempt_at > max(issue.publish_at, issue.closes_at) + GIVE_UP_AFTER:
            status, next_attempt_at = "failed", None
    deliveries.settle(db, row, status, now, receipt.detail, next_attempt_at)


def _put_off(ctx: Context, rows: Sequence[Delivery], issue: Issue, detail: str) -> None:
    """The channel could not be entered: nothing was sent, every row waits."""
    with ctx.store.begin() as db:
        for row in rows:
            if deliveries.claim(db, row, ctx.clock()):
                _settle(ctx, db, row, issue, Receipt(status="deferred", detail=detail))


def _issue_mail(ctx: Context, issue: Issue, frozen: Mapping[str, Rendering]) -> Callable[[Delivery], Message]:
    """How to compose the mail of one row. Raises ReviewError when the bytes are not those that were approved."""
    if fingerprint(issue.subject, frozen) != issue.approved_sha256:
        remedy = "Nothing was sent. Look at it with `digest issue preview`; `digest issue reopen` drafts it anew"
        raise ReviewError("its bytes are not the approved ones", subject=f"issue {issue.id}", remedy=remedy)
    headers = {"From": ctx.settings.mail.sender, **list_headers(ctx.settings.mail, ctx.settings.title)}
    return _composer(ctx, issue.id, issue.subject, frozen["html"].body, frozen["text"].body, headers)


def _notice_mail(ctx: Context, issue: Issue, made: Mapping[str, Rendering]) -> Callable[[Delivery], Message]:
    headers = notice_headers(ctx.settings.mail)
    subject = f"To review: {issue.subject}"
    return _composer(ctx, issue.id, subject, made["notice_html"].body, made["notice_text"].body, headers)


def _composer(
    ctx: Context, issue_id: str, subject: str, html: bytes, text: bytes, headers: Mapping[str, str]
) -> Callable[[Delivery], Message]:
    def compose(row: Delivery) -> Message:
        return Message(
            issue_id=issue_id,
            recipient=row.recipient,
            message_id=row.message_id,
            subject=subject,
            html=html,
            text=text,
            date=ctx.clock(),
            headers=headers,
        )

    return compose


def _failing(ctx: Context, db: Connection) -> list[alert.Failing]:
    """Sources that reviewers are to be told of, and have not been."""
    after = ctx.settings.fetch.alert_after
    if not after or not ctx.settings.review.reviewers or all(named.one_copy for named in ctx.channels):
        return []
    names = {s.id: s.title for s in ctx.settings.sources}
    return [
        alert.Failing(
            id=state.id,
            name=names[state.id],
            failures=state.failures,
            is_gone=state.gone_at is not None,
            succeeded_at=state.succeeded_at,
            trouble=state.trouble or "",
        )
        for state in sources.unreported(db, list(names), after)
    ]


def _send_alert(ctx: Context) -> Outcome:
    """One mail to each reviewer. It is booked before it is sent: a run that dies in between tells nobody, rather than
    everybody at every run; a server that is down is tried again.
    """
    now = ctx.clock()
    with ctx.store.begin() as db:
        failing = _failing(ctx, db)
        sources.set_alerted(db, [s.id for s in failing], now)
        secret = runs.secret(db, "message_id")
    body = alert.text(failing).encode()
    messages = [
        Message(
            issue_id=ALERT,
            recipient=reviewer,
            message_id=message_id(f"alert-{now:%Y%m%dT%H%M%S}", reviewer, secret, _domain(ctx)),
            subject=alert.subject(ctx.settings.title, failing),
            html=b"",
            text=body,
            date=now,
            headers=notice_headers(ctx.settings.mail),
        )
        for reviewer in ctx.settings.review.reviewers
    ]
    try:
        with _channel(ctx, deliveries.NOTICE) as channel:
            receipts = [channel.send(message) for message in messages]
        trouble = "" if any(r.status in ("sent", "unknown") for r in receipts) else receipts[0].detail
    except NetworkError as e:
        trouble = str(e)
    if trouble:
        with ctx.store.begin() as db:
            sources.set_alerted(db, [s.id for s in failing], None)
        raise RecipientRejected(f"the mail about failing sources was not sent: {trouble}", subject="reviewers")
    return Outcome()


def send_test(ctx: Context, issue: Issue, made: Mapping[str, Rendering], address: str) -> Receipt:
    """Mail an issue as it stands to one address; nothing is booked. Raises NetworkError, ReviewError."""
    headers = {"From": ctx.settings.mail.sender}
    compose = _composer(ctx, issue.id, f"Test: {issue.subject}", made["html"].body, made["text"].body, headers)
    now = ctx.clock()
    row = Delivery(
        issue_id=issue.id,
        channel="test",
        recipient=address,
        status="sending",
        attempts=0,
        message_id=message_id(f"test-{now:%Y%m%dT%H%M%S%f}", address, issue.id, _domain(ctx)),
        changed_at=now,
    )
    with _channel(ctx, deliveries.NOTICE) as channel:
        return channel.send(compose(row))


def _domain(ctx: Context) -> str:
    return parseaddr(ctx.settings.mail.sender)[1].rpartition("@")[2] or "localhost"
