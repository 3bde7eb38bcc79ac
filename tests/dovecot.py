"""Runs a real IMAP server (dovecot) on the loopback, in a folder of its own and with no service of the machine."""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from imap_tools.utils import encode_folder

from tests.e2e.world import free_port

BINARY = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PASSWORD = "swordfish"  # everybody's
_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
ssl = {ssl}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
"""
_TLS = """
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapServer:
    """A running server: any user may log in with PASSWORD, and has a Maildir. No certificate: no TLS."""

    folder: Path
    port: int
    tls_port: int
    certificate: Path | None
    uid: int
    gid: int

    def options(self, user: str, **more: object) -> dict[str, object]:
        """What config.yaml would say of a user's mailbox, without the secret."""
        plain = {"host": "127.0.0.1", "port": self.port, "security": "none", "username": user, "timeout_s": 5}
        return {**plain, **more}

    def deliver(self, user: str, *mails: bytes, flags: str = "") -> None:
        """Put mails into somebody's INBOX, as a mail server does: written aside, then moved in."""
        inbox = self.folder / "mail" / user
        for name in ("", "tmp", "new", "cur"):
            (inbox / name).mkdir(exist_ok=True)
            os.chown(inbox / name, self.uid, self.gid)
        for mail in mails:
            name = f"{time.time_ns()}.{os.getpid()}.test"
            written = inbox / "tmp" / name
            written.write_bytes(mail)
            os.chown(written, self.uid, self.gid)
            written.rename(inbox / "cur" / f"{name}:2,{flags}" if flags else inbox / "new" / name)

    def number_anew(self, user: str) -> None:
        """Forget which message has which UID: the next to look finds another UIDVALIDITY."""
        for file in (self.folder / "mail" / user).glob("dovecot*"):
            if file.is_file():
                file.unlink()
        time.sleep(1.1)  # UIDVALIDITY is the second in which the list was made

    def inbox(self, user: str) -> list[Path]:
        """The files of somebody's INBOX."""
        place = self.folder / "mail" / user
        return [*place.glob("new/*"), *place.glob("cur/*")]

    def make_folder(self, user: str, name: str) -> None:
        """Give somebody another folder, by the protocol."""
        with imaplib.IMAP4("127.0.0.1", self.port, 5) as client:
            client.login(user, PASSWORD)
            status, said = client.create(encode_folder(name).decode())
            assert status == "OK", said

    def bytes_sent(self, user: str) -> int:
        """How many bytes went to somebody in all, as the log says when a connection ends."""
        lines = (self.folder / "log").read_text().splitlines()
        return sum(
            int(line.partition(" out=")[2].split()[0]) for line in lines if f"({user})" in line and " out=" in line
        )

    def flags(self, user: str, folder: str = "") -> Mapping[str, str]:
        """The flags of each message by its Message-ID, as they stand in the Maildir."""
        found = {}
        for file in self.inbox(f"{user}/.{folder}" if folder else user):
            head = file.read_text(encoding="utf-8", errors="replace")
            name = head.partition("Message-ID: <")[2].partition(">")[0]
            found[name] = file.name.partition(":2,")[2]
        return found


@contextmanager
def running() -> Iterator[ImapServer]:
    """Start the server, wait until it answers, and stop it."""
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    folder.chmod(0o755)  # its processes run as somebody else when we are root
    user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    (folder / "mail").mkdir()
    os.chown(folder / "mail", user.pw_uid, user.pw_gid)
    certificate = _certificate(folder)
    server = ImapServer(
        folder=folder,
        port=free_port(),
        tls_port=free_port() if certificate else 0,
        certificate=certificate,
        uid=user.pw_uid,
        gid=user.pw_gid,
    )
    config = folder / "dovecot.conf"
    config.write_text(
        _CONFIG.format(**_names(server, user.pw_name)) + (_TLS.format(folder=folder) if certificate else "")
    )
    process = subprocess.Popen([BINARY or "dovecot", "-F", "-c", str(config)])
    try:
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _names(server: ImapServer, user: str) -> dict[str, object]:
    return {
        "folder": server.folder,
        "user": user,
        "group": grp.getgrgid(server.gid).gr_name,
        "uid": server.uid,
        "gid": server.gid,
        "port": server.port,
        "tls_port": server.tls_port,
        "ssl": "yes" if server.certificate else "no",
        "password": PASSWORD,
    }


def _certificate(folder: Path) -> Path | None:
    """A certificate for 127.0.0.1 that signs itself, where openssl is there to make one."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return None
    made = folder / "certificate.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", made),
        ],
        check=True,
        capture_output=True,
    )
    return made


def _wait(server: ImapServer, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=5) as probe:
            probe.recv(10)
            return
        time.sleep(0.05)
        assert process.poll() is None, (server.folder / "log").read_text()
    raise TimeoutError((server.folder / "log").read_text())
