"""What is kept of a mail holds nothing of who reads it, and loses nothing else."""

import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from hashlib import md5, sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources._message import read, write
from pipeline.sources._newsletter import split
from pipeline.sources._private import MAX_LINKS, without_reader
from pipeline.text.html import read as read_html
from pipeline.text.urls import is_tracking

READER = "Ann.Smith+ai@Inbox.Example"
LOWER = READER.lower()
JSON = f'{{"email":"{READER}","id":7}}'


def stored(html: str = "", *, text: str = "", to: str = f"Ann Smith <{READER}>", cte: str = "8bit", **head: str) -> str:
    """What is kept of a mail with that body, as text."""
    message = EmailMessage()
    message["From"] = "News <news@one.example>"
    message["To"] = to
    for name, value in head.items():
        message[name.replace("_", "-")] = value
    message.set_content(html or text, subtype="html" if html else "plain", cte=cte)
    return write(without_reader(read(message.as_bytes()))).decode()


def decoded(kept: str) -> Iterator[str]:
    """Every part of a stored mail as a mail program would show it, and the mail itself."""
    yield kept
    for part in message_from_bytes(kept.encode()).walk():
        body = part.get_payload(decode=True)
        assert isinstance(body, bytes)
        yield body.decode()


def code(text: str) -> str:
    return b64encode(text.encode()).decode()


SPELLINGS = {
    "as it is": READER,
    "lower case": LOWER,
    "without its tag": "ann.smith@inbox.example",
    "with entities": READER.replace("@", "&#64;").replace(".", "&#46;"),
    "kept from being linked": READER.replace("@", "<wbr>@&zwnj;").replace(".", "<span>.</span>"),
    "in a return path": f"bounce-7-{LOWER.replace('@', '=')}@lists.one.example",
    "in a link": f'<a href="https://a.example/x/{READER}">x</a>',
    "encoded for a link": f'<a href="https://a.example/x?p=1&amp;q=%3A{quote(READER)}">x</a>',
    "encoded twice": f'<a href="https://a.example/x?q=-{quote(quote(READER))}">x</a>',
    "as a parameter": f'<a href="https://a.example/x?who={quote(LOWER)}">x</a>',
    "in base64": f'<a href="https://a.example/x/{code(READER)}">x</a>',
    "in base64 of lower case": f'<a href="https://a.example/x?t={code("a" + LOWER)}">x</a>',
    "in base64 for links": f'<a href="https://a.example/{urlsafe_b64encode(JSON.encode()).decode()}/y">x</a>',
    "in base64 with escapes": f'<a href="https://a.example/x?t={quote(code("~~" + LOWER + "~~"))}">x</a>',
    "in a key of three parts": f'<a href="https://a.example/x?t=aa.{code(JSON)}.bb">x</a>',
    "as a hash": f'<a href="https://a.example/avatar/{md5(LOWER.encode()).hexdigest()}">x</a>',
    "as another hash": f'<img alt="{sha256(LOWER.encode()).hexdigest().upper()}">',
    "in a picture": f'<img src="https://a.example/{READER}.png" alt="for {READER}" width="1" height="1">',
    "in a mail link": f'<a href="mailto:x@one.example?subject={READER}">x</a>',
    "in a style": f'<p style="background:url(https://a.example/{LOWER})">x</p>',
    "in a comment": f"<!-- {READER} --><script>var reader = '{READER}'</script>",
    "in other attributes": f'<p id="{LOWER}" class="{LOWER}" data-reader="{LOWER}" title="{LOWER}">x</p>',
    "in text with an address": f"see https://a.example/x?u={quote(LOWER)} and https://b.example/{code(LOWER)} now",
}
NAMES = [
    READER,
    LOWER,
    "ann.smith",
    "ann.smith%2bai",
    *(code(before + form)[skip:-4] for form in (READER, LOWER) for before, skip in (("", 0), ("a", 2), ("ab", 3))),
    md5(LOWER.encode()).hexdigest(),
    sha256(LOWER.encode()).hexdigest(),
]


@pytest.mark.parametrize("cte", ["8bit", "quoted-printable", "base64"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_readers_address_is_nowhere_however_it_is_written(spelling: str, cte: str) -> None:
    html = f"<p>Long before that text. {SPELLINGS[spelling]} And after it.</p>"
    kept = stored(html, cte=cte)
    for shown in decoded(kept):
        for name in NAMES:
            assert name.lower() not in shown.lower()
    assert "Long before that text." in kept
    assert "And after it." in kept


@pytest.mark.parametrize(
    "header",
    [
        "Cc",
        "Delivered-To",
        "X-Original-To",
        "Envelope-To",
        "X-Envelope-To",
        "Original-Recipient",
        "X-MS-Exchange-Recipient",
        "X-Forwarded-To",
        "X-Apparently-To",
        "Resent-To",
    ],
)
def test_a_reader_is_known_by_the_headers_of_mail_servers(header: str) -> None:
    kept = stored(f"<p>Sent to {LOWER} today.</p>", to="undisclosed-recipients:;", **{header: f"rfc822;{READER}"})
    assert "Sent to  today." in kept
    assert "ann.smith" not in kept.lower()


def test_a_reader_is_known_by_who_received_the_mail() -> None:
    received = (
        f"from mx.one.example by mail.inbox.example with ESMTPS id 1 for <{READER}>; Mon, 23 Nov 2026 06:00:00 +0000"
    )
    assert "Sent to  today." in stored(f"<p>Sent to {LOWER} today.</p>", to="x:;", Received=received)


def test_our_own_login_is_a_readers_address() -> None:
    mail = read(b"From: a@one.example\nContent-Type: text/plain\n\nSent to ann@inbox.example today.")
    assert "Sent to today." in write(without_reader(mail, own=["ann@inbox.example", "ann"])).decode()


def test_the_headers_that_are_kept_name_nobody_either() -> None:
    kept = stored(
        "<p>x</p>",
        Subject=f"Ann, {LOWER}, your week",
        Message_ID=f"<7.{LOWER.replace('@', '=')}@lists.one.example>",
        List_Id=f"<{LOWER}.one.example>",
        Archived_At=f"<https://one.example/p/7?email={quote(LOWER)}>",
        List_Unsubscribe=f"<https://one.example/out?t={code(LOWER)}>",
        Return_Path=f"<{LOWER}>",
    )
    head = kept.partition("\n\n")[0].splitlines()
    assert head == [
        'From: "News" <news@one.example>',
        "Subject: , your week",
        "Message-ID: <7.@lists.one.example>",
        "List-Id: <.one.example>",
        "Archived-At: <https://one.example/p/7>",
        "MIME-Version: 1.0",
        "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Hi Ann, here is the week.", "Hi, here is the week."),
        ("Good morning, ann smith! Here is it.", "Good morning! Here is it."),
        ("Written for Ann  Smith alone.", "Written for alone."),
        ("Annual report: Ann Arbor grows.", "Annual report: Ann Arbor grows."),
        ("Ann Smithson leads the lab.", "Ann Smithson leads the lab."),
    ],
)
def test_a_readers_name_is_taken_out_where_it_must_be_meant(said: str, kept: str) -> None:
    body = stored(f"<p>{said}</p>").partition("\n\n")[2]
    assert " ".join(body.split()) == f"<html><body><p>{kept}</p> </body></html>"


def test_a_mail_to_its_own_sender_has_its_readers_in_bcc() -> None:
    kept = stored("<p>From the desk of News Team.</p>", to="News Team <news@one.example>")
    assert "From the desk of News Team." in kept
    assert 'From: "News" <news@one.example>' in kept


def test_who_mails_himself_is_not_named() -> None:
    message = f"From: Ann Smith <{READER}>\nTo: {READER}\nDelivered-To: {READER}\nContent-Type: text/plain\n\nx"
    assert write(without_reader(read(message.encode()))).decode().startswith('From: "a newsletter" <>\n')


def test_an_opaque_link_stays_a_link_that_is_not_printed_and_names_nobody() -> None:
    kept = stored(
        '<p><a href="https://u1.ct.sendgrid.net/ls/click?upn=subscriber7">one</a>'
        '<a href="https://substack.com/redirect/0a1b?j=eyJ1Ijoi">two</a>'
        '<a href="https://one.example/preferences?token=subscriber7&amp;lang=en">three</a>'
        '<a href="https://one.example/p/7?utm_source=x&amp;mc_eid=subscriber7&amp;id=9&amp;x=subscriber7%40b.example">four'
        "</a></p>"
    )
    assert "subscriber7" not in kept
    assert "eyJ1" not in kept
    links = [link for block in read_html(kept.partition("\n\n")[2]).blocks for link in block.links]
    assert [link.text for link in links] == ["one", "two", "three", "four"]
    assert [is_tracking(link.url) for link in links] == [True, True, False, False]
    assert [link.url for link in links[2:]] == [
        "https://one.example/preferences?lang=en",
        "https://one.example/p/7?id=9",
    ]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("one.example/p/7?utm_source=x", "https://one.example/p/7"),
        ("one.example:8080", "https://one.example:8080/"),
        ("index.html", "#"),
        ("page.php?id=1", "#"),
        ("/p/7", "#"),
        ("#top", "#"),
        ("javascript:x.example/", "#"),
        ("ann@one.example", "#"),
    ],
)
def test_a_link_without_its_scheme_is_mended(written: str, kept: str) -> None:
    assert f'<a href="{kept}">' in stored(f'<a href="{written}">x</a>')


def test_a_hostile_mail_costs_little() -> None:
    """Addresses made to be looked for in every combination, and links without end."""
    to = ", ".join([f"a{'.' * 60}{i}@{'b-.' * 30}{i}.example" for i in range(30)])
    gaps = ("a" + "<b></b>.<i></i>" * 60 + "x") * 30
    links = "".join(f'<a href="https://a.example/{i}?u=x">{i}</a>' for i in range(MAX_LINKS + 2_000))
    begin = time.process_time()
    kept = stored(f"<p>{gaps}</p>{links}", to=to)
    assert time.process_time() - begin < 20
    assert MAX_LINKS - 10 < kept.count('href="https://') <= MAX_LINKS


def test_a_text_mail_is_kept_without_its_reader() -> None:
    kept = stored(text=f"Hello Ann Smith ({READER}),\n\nread https://a.example/x?utm_source=y&email={quote(READER)}.\n")
    assert kept.partition("\n\n")[2] == "Hello (),\n\nread https://a.example/x."


@pytest.mark.parametrize(
    "html",
    [
        '<div style="display:none">a</div><div style="max-height:0;overflow:hidden">b</div><p hidden>c</p>seen',
        '<p style="font-size:0">a<span style="font-size:14px">seen</span></p>',
        '<p style="color:#FFF;background-color:white">a</p><td bgcolor="#000" style="color:black">b</td>',
        '<h2 style="font-size:22px">Head</h2><ul><li><b>one</b> two<li>three</ul><pre>a  b\n c</pre>',
        '<a href="https://a.example/1"><img alt="logo" width=200></a><img width=1 height=1 alt=x>',
        "<table><tr><td>a<td>b<tr><td>c</table><p>un<p>closed <b>bold <i>both</b> it</i>",
        "<o:p>office</o:p><script>x<b>y</script><style>p{}</style><svg><text>t</text></svg>&lt;b&gt; &amp;amp;",
        '<a href="#top">up</a><a href="/relative">rel</a><a href="mailto:x@y.example">mail</a>',
    ],
)
def test_what_is_kept_reads_as_before(html: str) -> None:
    mail = replace(read(b"From: a@one.example\n\n"), html=html)
    before, after = read_html(html), read_html(without_reader(mail).html)
    assert [replace(b, links=()) for b in after.blocks] == [replace(b, links=()) for b in before.blocks]
    assert [[link.text for link in b.links] for b in after.blocks] == [
        [link.text for link in b.links] for b in before.blocks
    ]
    assert after.hidden_chars == before.hidden_chars


@given(st.text(max_size=300) | st.text(alphabet="<>/=\"' abp&;#@.x\n", max_size=300))
def test_any_body_can_be_kept_and_doing_it_twice_changes_nothing(body: str) -> None:
    mail = replace(read(b"From: a@one.example\nTo: x@p.ab\n\n"), html=body)
    once = without_reader(mail)
    assert "x@p.ab" not in once.html
    assert read(write(once)).message_id == ""
    assert split(without_reader(once).html) == split(once.html)


def test_real_newsletters_read_the_same_before_and_after(shared_data: Path) -> None:
    for file in sorted((shared_data / "newsletters" / "mail").glob("*.eml")):
        mail = read(file.read_bytes())
        once = without_reader(mail)
        assert read(write(once)) == once, file.name
        assert without_reader(once) == once, file.name
        before, after = split(mail.html), split(once.html)
        assert [p.title for p in after.parts] == [p.title for p in before.parts]
        assert all(set(b.links) <= set(a.links) for a, b in zip(after.parts, before.parts, strict=True))
        assert after.view_url == before.view_url
        assert len(write(once)) < len(file.read_bytes()) / 1.5
