"""Mail addresses."""

import pytest

from pipeline.text.addresses import domain_of, to_ascii


@pytest.mark.parametrize(
    ("address", "ascii_form"),
    [
        ("ada@example.org", "ada@example.org"),
        ("Ada <ada+x@example.org>", "ada+x@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@新闻.example", "ada@xn--efvy88h.example"),
        ("digest@localhost", "digest@localhost"),
    ],
)
def test_to_ascii(address: str, ascii_form: str) -> None:
    assert to_ascii(address) == ascii_form


@pytest.mark.parametrize(
    "address", ["", "ada", "@example.org", "阿达@example.org", "a b@example.org", "a@", "a@b\r\nc", "a@-"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"address|SMTPUTF8|domain"):
        to_ascii(address)


def test_domain_of() -> None:
    assert domain_of("Digest <d@example.org>") == "example.org"
    assert domain_of("") == "localhost"
