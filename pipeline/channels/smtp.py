"""Sends through an SMTP server, one recipient a transaction, and says of each what became of it.

The server takes over at its answer to the final dot (RFC 5321 section 6.1). A connection that breaks before DATA has
sent nothing (deferred); one that breaks after may have (unknown: RFC 1047), and only a person can settle that.
"""

import smtplib
import ssl
import time
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, model_validator

from pipeline.channels._mime import build, sender_address
from pipeline.config_section import SecretSection
from pipeline.errors import ConfigError, NetworkError
from pipeline.seams import Channel, Message, Receipt
from pipeline.text.addresses import to_ascii
from pipeline.text.characters import one_line

ONE_COPY = False
MAX_RECONNECTS = 3
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Options(SecretSection):
    """A mail server. The password stands in the environment (or .env) or in a file, never in config.yaml."""

    secrets = ("password",)

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password_env: str = "SMTP_PASSWORD"  # noqa: S105 - the name of a variable
    password_file: str = ""
    sender: str = ""
    timeout_s: float = Field(default=30, gt=0, le=600)
    data_timeout_s: float = Field(default=600, gt=0, le=3600)  # RFC 5321 section 4.5.3.2.6: 10 minutes
    pause_ms: int = Field(default=0, ge=0, le=600_000)
    local_hostname: str = ""
    password: SecretStr | None = Field(default=None, exclude=True, repr=False)

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> "Options":
        if self.username and self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("security: none would send the password unencrypted; write starttls or tls")
        return self


class SmtpChannel:
    """One connection for a batch, opened again a few times when it breaks."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._smtp: smtplib.SMTP | None = None
        self._stopped = ""  # why nothing more is sent in this batch
        self._reconnects_left = MAX_RECONNECTS
        self._sent = 0

    def __enter__(self) -> Channel:
        """Connect and log in. Raises NetworkError of kind smtp_down, smtp_tls or smtp_auth."""
        self._stopped, self._reconnects_left, self._sent = "", MAX_RECONNECTS, 0
        self._smtp = _open(self._options)
        return self

    def __exit__(self, *exc: object) -> None:
        """Say goodbye; an answer is not waited for when the connection is broken."""
        self._drop(polite=True)

    def send(self, message: Message) -> Receipt:
        """Send one mail. A recipient's refusal is theirs alone; one that meant all of us stops the batch."""
        if self._stopped:
            return _deferred(self._stopped)
        try:
            recipient = to_ascii(message.recipient)
        except ValueError as e:
            return Receipt(status="failed", detail=str(e))
        try:
            sender, body = (
                sender_address(message, self._options.sender),
                build(message, self._options.sender).as_bytes(),
            )
        except ConfigError as e:
            return self._stop(str(e))
        if self._sent and self._options.pause_ms:
            time.sleep(self._options.pause_ms / 1000)
        self._sent += 1
        return self._transact(sender, recipient, body)

    def _transact(self, sender: str, recipient: str, body: bytes) -> Receipt:
        try:
            smtp = self._connection()
            refusal = self._envelope(smtp, sender, recipient, len(body))
        except NetworkError as e:
            return self._stop(str(e))
        except (OSError, smtplib.SMTPException) as e:
            self._drop()
            return _deferred(f"the connection broke before the mail was sent: {_said(e)}")
        return refusal or self._data(smtp, body)

    def _envelope(self, smtp: smtplib.SMTP, sender: str, recipient: str, size_bytes: int) -> Receipt | None:
        """MAIL and RCPT. The receipt when the server refuses, else None."""
        size = [f"size={size_bytes}"] if smtp.has_extn("size") else []
        code, answer = smtp.mail(sender, size)
        if code == 421:
            return self._stop(_answer(code, answer))
        if code >= 400:
            smtp.rset()
            if code >= 500 and code != 552:  # not the recipient's fault: nobody must be given up for it
                return self._stop(
                    f"{_answer(code, answer)}. It refuses the sender {sender}: see mail.sender and username"
                )
            return _refused(code, answer)
        code, answer = smtp.rcpt(recipient)
        if code == 421:
            return self._stop(_answer(code, answer))
        if code >= 300:
            smtp.rset()
            return _refused(code, answer)
        return None

    def _data(self, smtp: smtplib.SMTP, body: bytes) -> Receipt:
        """DATA, the mail and the answer to its final dot."""
        _set_timeout(smtp, self._options.data_timeout_s)
        try:
            code, answer = smtp.data(body)
        except smtplib.SMTPDataError as e:  # refused before the first byte of the mail
            code, answer = e.smtp_code, e.smtp_error if isinstance(e.smtp_error, bytes) else e.smtp_error.encode()
        except (OSError, smtplib.SMTPException) as e:
            self._drop()
            return Receipt(status="unknown", detail=f"the connection broke before the server confirmed: {_said(e)}")
        _set_timeout(smtp, self._options.timeout_s)
        return self._after_data(smtp, code, answer)

    def _after_data(self, smtp: smtplib.SMTP, code: int, answer: bytes | str) -> Receipt:
        if 200 <= code < 300:
            return Receipt(status="sent", detail=_answer(code, answer))
        if code == 421:
            return self._stop(_answer(code, answer))
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()
        return _refused(code, answer)

    def _connection(self) -> smtplib.SMTP:
        """The open connection, or a new one. Raises NetworkError when there is none to be had."""
        if self._smtp is not None and self._smtp.sock is not None:
            return self._smtp
        if not self._reconnects_left:
            raise NetworkError(
                f"broke the connection {MAX_RECONNECTS + 1} times",
                subject=_name(self._options),
                remedy="The next run goes on",
                kind="smtp_down",
            )
        self._reconnects_left -= 1
        self._smtp = _open(self._options)
        return self._smtp

    def _stop(self, why: str) -> Receipt:
        self._stopped = why
        return _deferred(why)

    def _drop(self, *, polite: bool = False) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            if polite and smtp.sock is not None:
                smtp.quit()
        except (OSError, smtplib.SMTPException):
            pass  # the mails are sent or not; a goodbye changes nothing
        finally:
            smtp.close()


def connect(options: BaseModel, folder: Path) -> Channel:
    """The channel of a mail server. It connects when it is entered."""
    assert isinstance(options, Options)  # noqa: S101 - config.py validated it with this class
    return SmtpChannel(options)


def _open(options: Options) -> smtplib.SMTP:
    """Connect, encrypt, log in. Raises NetworkError with the remedy."""
    if options.username and options.password is None:
        remedy = f"Write {options.password_env or 'SMTP_PASSWORD'}=... into .env, or name a password_file"
        raise NetworkError("there is no password", subject=_name(options), remedy=remedy, kind="smtp_auth")
    smtp: smtplib.SMTP | None = None
    try:
        smtp = _dial(options)
        if options.security == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        if options.username and options.password is not None:
            smtp.login(options.username, options.password.get_secret_value())
        smtp.ehlo_or_helo_if_needed()
        return smtp
    except (OSError, smtplib.SMTPException, ValueError) as e:
        if smtp is not None:
            smtp.close()
        raise _trouble(e, options) from e


def _dial(options: Options) -> smtplib.SMTP:
    local = options.local_hostname or None
    if options.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(options.host, options.port, local, timeout=options.timeout_s, context=context)
    return smtplib.SMTP(options.host, options.port, local, timeout=options.timeout_s)


def _trouble(e: Exception, options: Options) -> NetworkError:
    """What went wrong on the way in, in words that never hold the password."""
    if isinstance(e, smtplib.SMTPAuthenticationError):
        what, kind = f"refuses the login of {options.username}: {_said(e)}", "smtp_auth"
        remedy = (
            f"Check username and {options.password_env or options.password_file}; some providers want an app password"
        )
    elif isinstance(e, ssl.SSLError):
        what, kind = f"no encrypted connection: {e.reason or e}", "smtp_tls"
        remedy = "Port 465 wants security: tls, port 587 starttls; the certificate must be valid for that host"
    elif isinstance(e, smtplib.SMTPNotSupportedError):
        what, kind = f"does not offer it: {_said(e)}", "smtp_tls" if "STARTTLS" in str(e) else "smtp_auth"
        remedy = "Set security (tls on port 465; none only on a trusted network) and username as your provider says"
    else:
        what, kind = f"cannot be reached: {_said(e)}", "smtp_down"
        remedy = "Check host and port; nothing was sent, and the next run tries again"
    return NetworkError(what, subject=_name(options), remedy=remedy, kind=kind)


def _set_timeout(smtp: smtplib.SMTP, timeout_s: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(timeout_s)


def _name(options: Options) -> str:
    return f"smtp {options.host}:{options.port}"


def _refused(code: int, answer: bytes | str) -> Receipt:
    """RFC 5321 section 4.2.1: 5xx is for good, anything else may work later."""
    return Receipt(status="failed" if code >= 500 else "deferred", detail=_answer(code, answer))


def _deferred(detail: str) -> Receipt:
    return Receipt(status="deferred", detail=detail)


def _answer(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return one_line(f"{code} {text}", 300)


def _said(e: Exception) -> str:
    if isinstance(e, smtplib.SMTPResponseException):
        return _answer(e.smtp_code, e.smtp_error)
    return one_line(str(e), 300) or type(e).__name__
