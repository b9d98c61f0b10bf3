"""Debian's Postfix for tests: an instance of its own in a folder of its own, on ports of 127.0.0.1.

It takes mail from who signs in over TLS, keeps what is for example.org in one maildir, and refuses some recipients.
Nothing of it touches the machine's own Postfix, if that has one.
"""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

USER, PASSWORD = "digest", "correct horse"
#: Octets of the largest message that the port `small` takes.
SMALL = 2_000
#: Whom it refuses for good, and for now.
GONE, LATER = "gone@example.org", "later@example.org"

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_REALM = "relay.test"


def missing() -> str:
    """Why it cannot run here; empty: it can."""
    if os.geteuid() != 0:
        return "only root starts Postfix"
    absent = [name for name in ("postfix", "saslpasswd2") if shutil.which(name, path=_PATH) is None]
    return f"{' and '.join(absent)} not there: apt-get install postfix sasl2-bin libsasl2-modules" if absent else ""


@dataclass(frozen=True)
class Postfix:
    """A running instance."""

    folder: Path
    #: By name: `main`; `small`, which takes small messages only; `tls`, from the first byte; `clear`, without STARTTLS.
    ports: dict[str, int]
    #: Certificates to trust, PEM.
    authority: Path

    def mails(self) -> list[bytes]:
        """What has been delivered, in no order."""
        return [path.read_bytes() for path in (self.folder / "mail" / "all" / "new").glob("*")]

    def count(self) -> int:
        """How many mails have been delivered."""
        return len(list((self.folder / "mail" / "all" / "new").glob("*")))

    def wait_for(self, count: int) -> None:
        """Until so many mails have been delivered: it has taken a mail before it delivers it."""
        _wait_for(self, lambda: self.count() >= count)

    def forget(self) -> None:
        """Throws away what has been delivered."""
        for path in (self.folder / "mail" / "all" / "new").glob("*"):
            path.unlink()

    def log(self) -> str:
        path = self.folder / "maillog"
        return path.read_text() if path.exists() else ""


@contextmanager
def running(folder: Path) -> Iterator[Postfix]:
    """An instance in `folder`, which must be new and where every user may look."""
    ports = dict(zip(("main", "small", "tls", "clear"), _free_ports(4), strict=True))
    made = Postfix(folder, ports, folder / "authority.pem")
    _certify(folder)
    _add_user(folder)
    _configure(folder, ports)
    command = ["postfix", "-c", str(folder / "etc")]
    _run(*command, "start")
    try:
        _wait_for(made, lambda: all(map(_answers, ports.values())))
        yield made
    finally:
        # `stop` lets each delivery end first.
        _run(*command, "abort")


def _wait_for(server: Postfix, condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen in time:\n{server.log()[-4000:]}"
        threading.Event().wait(0.02)


def _certify(folder: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    own = authority.issue_cert("localhost", "127.0.0.1")
    own.private_key_and_cert_chain_pem.write_to_path(folder / "own.pem")


def _add_user(folder: Path) -> None:
    # Debian's build looks here, whatever cyrus_sasl_config_path says.
    sasl = folder / "etc" / "sasl"
    sasl.mkdir(parents=True)
    lines = ["pwcheck_method: auxprop", "auxprop_plugin: sasldb", f"sasldb_path: {folder}/sasldb2"]
    (sasl / "smtpd.conf").write_text("\n".join([*lines, "mech_list: PLAIN LOGIN", ""]))
    _run("saslpasswd2", "-p", "-c", "-f", str(folder / "sasldb2"), "-u", _REALM, USER, given=PASSWORD)
    shutil.chown(folder / "sasldb2", "postfix")


def _configure(folder: Path, ports: dict[str, int]) -> None:
    for name in ("data", "mail", "queue"):
        (folder / name).mkdir(mode=0o755)
    for name in ("data", "mail"):
        shutil.chown(folder / name, "postfix", "postfix")
    (folder / "etc" / "main.cf").write_text(_MAIN.format_map(_known(folder)))
    listening = {
        "main": "",
        "small": f"-o message_size_limit={SMALL}",
        "tls": "-o smtpd_tls_wrappermode=yes",
        "clear": "-o smtpd_tls_security_level=none",
    }
    lines = [f"127.0.0.1:{ports[name]} inet n - n - 100 smtpd {options}" for name, options in listening.items()]
    (folder / "etc" / "master.cf").write_text("\n".join([*lines, _MASTER]))


def _known(folder: Path) -> dict[str, object]:
    return {
        "folder": folder,
        "realm": _REALM,
        "uid": pwd.getpwnam("postfix").pw_uid,
        "gid": grp.getgrnam("postfix").gr_gid,
        "gone": GONE,
        "later": LATER,
    }


_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
myhostname = {realm}
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
local_recipient_maps =
alias_maps =
alias_database =
biff = no
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0

smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {folder}/own.pem
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = {realm}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
    check_recipient_access inline:{{
        {{ {gone} = 550 5.1.1 no such user here }},
        {{ {later} = 450 4.2.2 the mailbox is full }} }},
    permit_sasl_authenticated, reject
message_size_limit = 200000
header_size_limit = 20000

virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""

_MASTER = """
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def _run(*command: str, given: str = "") -> None:
    environment = os.environ | {"PATH": _PATH}
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, env=environment, timeout=30, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}"


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
