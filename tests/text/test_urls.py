import json
from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.text.urls import MAX_URL_CHARS, canonicalise, host, is_tracking, unwrap, url_key
from pipeline.text.urls import opaque as of_opaque


def b64(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("HTTPS://User:Secret@Example.COM:443/a/../b?b=2&a=1#top", "https://example.com/b?b=2&a=1"),
        ("http://example.com:80", "http://example.com/"),
        ("http://example.com:8080/x", "http://example.com:8080/x"),
        ("  https://example.com/a\n/b  ", "https://example.com/a/b"),
        ("//example.com/x", "https://example.com/x"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://example.com/?x=1&amp;utm_source=a&UTM_Medium=b", "https://example.com/?x=1"),
        (
            "https://example.com/?fbclid=1&mc_eid=2&_hsmi=3&ck_subscriber_id=4&__s=5&ref=blog.x.com",
            "https://example.com/",
        ),
        ("https://example.com/?s=term&r=2&t=3", "https://example.com/?s=term&r=2&t=3"),
        ("https://www.latent.space/p/ainews?r=1a2b3c", "https://www.latent.space/p/ainews"),
        ("https://api.github.com/repos/a/b/contents/c?ref=dev", "https://api.github.com/repos/a/b/contents/c?ref=dev"),
        ("https://x.com/a/status/1?s=20&t=abc", "https://x.com/a/status/1"),
        ("https://xcancel.com/a/status/1?s=20", "https://xcancel.com/a/status/1"),
        ("https://example.com/?a=1&amp%3Butm_source=b&amp;amp;c=2", "https://example.com/?a=1&c=2"),
        ("https://us1.campaign-archive.com/?u=acct&id=9&e=me", "https://us1.campaign-archive.com/?u=acct&id=9"),
        ("https://app.example/#/news/7", "https://app.example/#/news/7"),
        ("https://example.com/changelog#1.13.9", "https://example.com/changelog#1.13.9"),
        ("https://example.com/story#comments-9", "https://example.com/story"),
        ("http://127.0.0.1:8000/feed", "http://127.0.0.1:8000/feed"),
        ("http://[::1]:8000/feed", "http://[::1]:8000/feed"),
    ],
)
def test_canonical_form_is_what_we_keep_and_print(given: str, wanted: str) -> None:
    assert canonicalise(given) == wanted


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "example.com",
        "/relative",
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "mailto:a@example.com",
        "http://",
        "http://a b.example/",
        "http://example.com:99999/",
        "http://example.com:0/",
        "http://[::1",
        "http://exa<mple.com/",
        "http://../",
        "http://" + "a" * 300 + ".com/",
        "https://example.com/" + "a" * MAX_URL_CHARS,
        "https://example.com/\ud800",
        "http://\u2100.com",
    ],
)
def test_junk_has_no_address_and_no_key(junk: str) -> None:
    assert (canonicalise(junk), url_key(junk)) == ("", "")


def test_relative_addresses_are_resolved() -> None:
    assert canonicalise("../b?x=1", "https://example.com/a/c/d") == "https://example.com/a/b?x=1"
    assert canonicalise("//cdn.example/x", "http://example.com") == "http://cdn.example/x"
    assert canonicalise("javascript:alert(1)", "https://example.com/") == ""


@pytest.mark.parametrize(
    "same",
    [
        (
            "https://example.com/a/",
            "http://www.example.com/a",
            "https://m.example.com/a?utm_source=x",
            "https://example.com/a#b",
        ),
        ("https://example.com/?b=2&a=1", "https://example.com/index.html?a=1&b=2"),
        ("https://en.m.wikipedia.org/wiki/X", "https://en.wikipedia.org/wiki/X"),
        (
            "https://arxiv.org/abs/2411.01234",
            "http://arxiv.org/abs/2411.01234v2",
            "https://www.arxiv.org/pdf/2411.01234v1.pdf",
            "https://export.arxiv.org/html/2411.01234v3",
            "https://huggingface.co/papers/2411.01234",
            "https://www.alphaxiv.org/overview/2411.01234",
            "https://doi.org/10.48550/arXiv.2411.01234",
            "https://dx.doi.org/10.48550/arXiv.2411.01234",
            "https://hf.co/papers/2411.01234",
            "https://arxiv.org/pdf/2411.01234v2.pdf#page=3",
            "https://arxiv.org/abs/arXiv:2411.01234",
            "https://arxiv.org/format/2411.01234",
            "https://ar5iv.labs.arxiv.org/html/2411.01234",
            "https://alphaxiv.org/audio/2411.01234",
            "https://www.semanticscholar.org/arxiv/2411.01234",
            "https://scirate.com/arxiv/2411.01234",
        ),
        (
            "https://doi.org/10.1038/s41586-025-1",
            "http://dx.doi.org/10.1038/S41586-025-1",
            "https://doi.org/doi:10.1038/s41586-025-1",
        ),
        ("https://openreview.net/forum?id=AbC&noteId=x", "https://openreview.net/pdf?id=AbC"),
        ("https://aclanthology.org/2024.acl-long.1", "https://aclanthology.org/2024.acl-long.1.pdf"),
        (
            "https://huggingface.co/Acme/Foo-7B",
            "https://hf.co/acme/foo-7b",
            "https://huggingface.co/acme/Foo-7B/tree/main",
            "https://huggingface.co/acme/Foo-7B/blob/main/README.md",
            "https://www.huggingface.co/acme/foo-7b/?library=transformers",
        ),
        ("https://huggingface.co/datasets/Acme/Foo", "https://hf.co/datasets/acme/foo/tree/main"),
        (
            "https://example.com/news/story",
            "https://example.com/news/story/amp/",
            "https://example.com/amp/news/story",
            "https://amp.example.com/news/story",
            "https://example.com/news/story.amp.html",
            "https://example.com/news/story?amp=1",
            "https://example.com/news/story?outputType=amp",
            "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/news/story",
            "https://www.google.com/amp/s/www.example.com/news/story",
        ),
        ("https://arxiv.org/abs/cs/0112017v1", "https://arxiv.org/pdf/cs/0112017"),
        (
            "https://youtu.be/dQw4w9WgXcQ?si=a",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3",
            "https://m.youtube.com/shorts/dQw4w9WgXcQ",
            "https://youtube.com/live/dQw4w9WgXcQ?feature=share",
        ),
        (
            "https://twitter.com/sama/status/123?s=20",
            "https://x.com/i/web/status/123",
            "https://mobile.twitter.com/sama/status/123/photo/1",
            "https://xcancel.com/sama/status/123#m",
            "https://nitter.poast.org/sama/status/123",
            "https://threadreaderapp.com/thread/123.html",
        ),
        (
            "https://github.com/OpenAI/Codex.git",
            "https://github.com/openai/codex",
            "http://github.com/openai/codex/tree/main/",
            "https://github.com/openai/codex?tab=readme-ov-file#x",
            "https://github.com/openai/codex/blob/main/README.md",
        ),
        ("https://github.com/OpenAI/codex/releases/tag/V1", "https://github.com/openai/codex/releases/tag/V1/"),
        (
            "https://www.reddit.com/r/LocalLLaMA/comments/1abc/slug/",
            "https://redd.it/1abc",
            "https://old.reddit.com/comments/1abc",
        ),
        ("https://open.substack.com/pub/foo/p/bar?r=1", "https://foo.substack.com/p/bar"),
    ],
    ids=lambda same: same[0],
)
def test_one_page_has_one_key(same: tuple[str, ...]) -> None:
    assert len({url_key(u) for u in same}) == 1
    assert url_key(same[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/a", "https://example.com/A"),
        ("https://example.com/?id=1", "https://example.com/?id=2"),
        ("https://example.com:8080/", "https://example.com/"),
        ("https://example.com/changelog#1.2", "https://example.com/changelog#1.3"),
        ("https://github.com/a/b/releases/tag/v1", "https://github.com/a/b"),
        ("https://m.com/", "https://com/"),
        ("https://reddit.com/r/a/comments/1abc/s/", "https://reddit.com/r/a/comments/1abc/s/xyz/"),
        ("https://huggingface.co/papers/2411.01234", "https://huggingface.co/2411.01234"),
        ("https://huggingface.co/acme/foo", "https://huggingface.co/datasets/acme/foo"),
        ("https://huggingface.co/acme/foo", "https://huggingface.co/acme/foo/discussions/1"),
        ("https://huggingface.co/blog/foo", "https://huggingface.co/blog/bar"),
        ("https://huggingface.co/acme/foo/discussions?p=1", "https://huggingface.co/acme/foo/discussions?p=2"),
        ("https://github.com/a/b/issues?page=1", "https://github.com/a/b/issues?page=2"),
        ("https://example.com/amp", "https://example.com/"),
        ("https://openreview.net/forum?id=AbC", "https://openreview.net/forum?id=Abc"),
        ("https://aclanthology.org/2024.acl-long.1", "https://aclanthology.org/2024.acl-long.10"),
        ("https://doi.org/10.1038/s41586-025-1", "https://doi.org/10.1038/s41586-025-2"),
    ],
)
def test_two_pages_have_two_keys(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


TARGET = "https://example.com/story?id=7"
QUOTED = "https%3A%2F%2Fexample.com%2Fstory%3Fid%3D7"


@pytest.mark.parametrize(
    "wrapped",
    [
        f"https://substack.com/redirect/2/{b64(json.dumps({'e': TARGET, 'p': 1, 'u': 42}))}.sig-nature",
        f"https://hash.click.convertkit-mail2.com/abc/def/{b64encode(TARGET.encode()).decode()}",
        f"https://tracking.tldrnewsletter.com/CL0/{QUOTED}/1/0100019/sig=1",
        f"https://abc.us-east-1.awstrack.me/L0/{QUOTED}/2/id/sig",
        f"https://link.axios.com/click/29107110.531083/{b64(TARGET)}/61f0/B1",
        f"https://e.customeriomail.com/e/c/{b64(json.dumps({'email_id': 'x', 'href': TARGET}))}/sig",
        f"https://www.google.com/url?sa=t&q={QUOTED}&usg=x",
        f"https://www.google.com/url?url={QUOTED}",
        f"https://l.facebook.com/l.php?u={QUOTED}&h=x",
        f"https://nam02.safelinks.protection.outlook.com/?url={QUOTED}&data=me%40example.com",
        "https://click.pstmrk.it/3s/example.com%2Fstory%3Fid%3D7/abc/def/AQ/x",
        "https://urldefense.com/v3/__https://example.com/story?id=7__;!!abc!sig$",
        "https://urldefense.com/v3/__https:/example.com/story*id=7__;Pw!!abc!sig$",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__example.com_story-3Fid-3D7&d=x&r=me",
        f"https://urldefense.proofpoint.com/v1/url?u={QUOTED}&k=x",
        f"https://www.google.com/url?q=https%3A%2F%2Fsubstack.com%2Fredirect%2F2%2F{b64(json.dumps({'e': TARGET}))}.s",
    ],
)
def test_a_wrapped_link_is_unwrapped_without_network(wrapped: str) -> None:
    assert unwrap(wrapped) == TARGET
    assert canonicalise(wrapped) == TARGET


@pytest.mark.parametrize(
    ("opaque", "kept"),
    [
        ("https://substack.com/redirect/0a1b?j=eyJ1Ijoi", "https://substack.com/redirect/0a1b"),
        (
            "https://x.us1.list-manage.com/track/click?u=acct&id=9&e=me",
            "https://x.us1.list-manage.com/track/click?u=acct&id=9",
        ),
        ("https://u1.ct.sendgrid.net/ls/click?upn=abc", "https://u1.ct.sendgrid.net/ls/click?upn=abc"),
        ("https://link.mail.beehiiv.com/ss/c/u001.abc/def", "https://link.mail.beehiiv.com/ss/c/u001.abc/def"),
        ("https://link.mail.beehiiv.com/v1/c/abc%2Fdef/0a1b", "https://link.mail.beehiiv.com/v1/c/abc%2Fdef/0a1b"),
        ("https://us.list-manage.com/AbC123?e=me", "https://us.list-manage.com/AbC123"),
        ("https://info.example.com/e3t/Ctc/LX+113/cJhC404/VWh", "https://info.example.com/e3t/Ctc/LX+113/cJhC404/VWh"),
        ("https://links.example.com/u/click?_t=a&_m=b&_e=c", "https://links.example.com/u/click?_t=a&_m=b&_e=c"),
        ("https://click.e.example.com/?qs=95ee94c8", "https://click.e.example.com/?qs=95ee94c8"),
        ("https://email.mg1.substack.com/c/eJxabc", "https://email.mg1.substack.com/c/eJxabc"),
        ("https://links.example.com/ls/click?upn=u001", "https://links.example.com/ls/click?upn=u001"),
        ("https://example.com/newsletter/unsubscribe?id=7", "https://example.com/newsletter/unsubscribe?id=7"),
    ],
)
def test_an_opaque_redirect_is_known_as_such_and_names_nobody(opaque: str, kept: str) -> None:
    assert is_tracking(opaque)
    assert unwrap(opaque) == kept
    stored = of_opaque(opaque)
    assert is_tracking(stored)
    assert (host(stored), canonicalise(stored)) == (host(opaque), stored)


@pytest.mark.parametrize(
    "plain",
    [
        TARGET,
        "https://substack.com/@foo",
        "https://example.com/how-to-unsubscribe-kindly",
        "https://lnkd.in/abc",  # a shortener is opaque, but the same for everybody
        "https://t.co/abc",
        "https://bit.ly/abc",
        "https://view.example.com/?qs",
        "junk",
    ],
)
def test_an_ordinary_address_is_no_tracker(plain: str) -> None:
    assert not is_tracking(plain)
    assert unwrap(plain) == plain


@pytest.mark.parametrize(
    "payload", ["javascript:alert(1)", "file:///etc/passwd", "http://", "\x00", "{}", '{"e": 5}', "[" * 1000]
)
def test_a_hostile_wrapper_never_yields_its_payload(payload: str) -> None:
    for wrapper in (f"https://a.example/x/{b64(payload)}", f"https://www.google.com/url?q={b64(payload)}"):
        assert host(canonicalise(wrapper)) in ("a.example", "google.com")
    wrapper = f"https://substack.com/redirect/2/{b64(json.dumps({'e': payload}))}.s"
    assert host(canonicalise(wrapper)) == "substack.com"


def test_wrappers_within_wrappers_end() -> None:
    url = TARGET
    for _ in range(8):
        url = f"https://a.example/{b64(url)}"
    assert unwrap(url) != TARGET


def test_host() -> None:
    assert [host(u) for u in ("https://WWW.Example.com:8/x", "http://[::1]/", "junk")] == ["example.com", "::1", ""]


@settings(max_examples=200)
@given(
    st.text(max_size=80),
    st.sampled_from(["", "http://", "https://", "https://www.google.com/url?q=", "https://example.com/"]),
)
@example("[", "http://")
@example("?a&amp%3Bamp;b=1", "https://example.com/")
@example("a/%2e%2e/?%=%&&utm_x", "https://example.com/")
def test_canonical_is_a_fixed_point_for_any_text(text: str, prefix: str) -> None:
    url = canonicalise(prefix + text)
    assert canonicalise(url) == url
    assert bool(url_key(url)) == bool(url)
    assert url == "" or url.startswith(("http://", "https://"))
