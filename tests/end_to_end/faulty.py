"""A mail server for tests that misbehaves by script, in a thread of its own, and keeps a ledger of what it was told.

    Rule("RCPT", say("550 5.1.1 no {to}"), to={"r3"})     whenever r3 is named
    Rule("DOT", reset, nth={5})                           after the fifth message of all
    Rule("MAIL", say("421 enough", END), after=3)         once a connection has brought three messages

The first rule that fits decides; where none does, all is as it should be. Its moments: GREETING, EHLO, STARTTLS, TLS
(instead of the handshake), AUTH, MAIL, RCPT, DATA, BODY (the first octets of a message), DOT, RSET, QUIT.

Independent of the code under test, and of aiosmtpd.
"""

import asyncio
import hashlib
import re
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Self

_HEADERS = re.compile(rb"^(message-id|to):\s*(?:[^<\r\n]*<)?([^<>\r\n]+)>?", re.IGNORECASE | re.MULTILINE)
_LINGER = struct.pack("ii", 1, 0)
#: Long enough for a packet of its own, on a loopback.
_APART = 0.003


class End(Enum):
    """How a conversation ends after an answer."""

    NO = "it goes on"
    CLOSED = "closed"
    RESET = "reset"
    SILENT = "nothing more is said"


NO, CLOSED, RESET, SILENT = End


class _Over(Exception):
    """The conversation is over."""


@dataclass(slots=True)
class Transaction:
    """What became of one recipient's message, as the server sees it: an entry of the ledger."""

    recipient: str
    connection: int
    encrypted: bool
    #: The last command that was answered, and with what code; 0: nothing, or nothing that can be read.
    at: str = "MAIL"
    code: int = 0
    #: The final dot came.
    whole: bool = False
    message_id: str = ""
    #: Of the header To.
    to: str = ""
    sha256: str = ""
    when: float = 0.0

    @property
    def name(self) -> str:
        return self.recipient.partition("@")[0]

    @property
    def taken(self) -> bool:
        """Whether it was accepted in words that can be read."""
        return self.at == "DOT" and self.code // 100 == 2


Act = Callable[["Conversation"], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done at a moment: `act` gives the code that it said, 0 for none."""

    at: str
    act: Act
    #: Local parts of recipients; empty: whoever it is.
    to: Collection[str] = ()
    #: Which uses of the moment, over all connections, counted from 1; empty: all of them.
    nth: Collection[int] = ()
    #: How many messages the connection has brought already; None: any number.
    after: int | None = None

    def fits(self, moment: str, name: str, nth: int, messages: int) -> bool:
        return (
            self.at == moment
            and (not self.to or name in self.to)
            and (not self.nth or nth in self.nth)
            and self.after in (None, messages)
        )


# what may be done


def say(*replies: str, end: End = NO) -> Act:
    """Says `replies`, a packet for all; the last of them is the answer. `{to}` is the recipient's local part."""

    async def act(talk: "Conversation") -> int:
        lines = [reply.replace("{to}", talk.name) for reply in replies]
        await talk.send("".join(f"{line}\r\n" for line in lines).encode())
        code = talk.note(int(lines[-1].rpartition("\n")[2][:3]))
        await talk.end(end)
        return code

    return act


def raw(*packets: bytes, end: End = NO, code: int = 0) -> Act:
    """Sends `packets`, each by itself; they say `code`. `{to}` is the recipient's local part."""

    async def act(talk: "Conversation") -> int:
        for packet in packets:
            await talk.send(packet.replace(b"{to}", talk.name.encode()))
            await asyncio.sleep(_APART)
        talk.note(code)
        await talk.end(end)
        return code

    return act


def slowly(reply: str, pause: float = 0.0) -> Act:
    """Says `reply` an octet a packet, with `pause` seconds between two."""

    async def act(talk: "Conversation") -> int:
        for octet in f"{reply}\r\n".replace("{to}", talk.name).encode():
            await talk.send(bytes([octet]))
            await asyncio.sleep(pause)
        return int(reply[:3])

    return act


def late(reply: str, seconds: float) -> Act:
    """Says `reply` after so long."""

    async def act(talk: "Conversation") -> int:
        await asyncio.sleep(seconds)
        return await say(reply)(talk)

    return act


def endless(piece: bytes) -> Act:
    """Says `piece` again and again, for as long as anybody listens."""

    async def act(talk: "Conversation") -> int:
        block = piece * (65_536 // len(piece))
        while True:
            await talk.send(block)
            talk.poured += len(block)
            await asyncio.sleep(0)

    return act


def only_the_first(reply: str) -> Act:
    """Answers, and forgets what came with the command: as if PIPELINING had not been promised."""

    async def act(talk: "Conversation") -> int:
        talk.forget()
        return await say(reply)(talk)

    return act


def no_more_than(most: int, refusal: str) -> Act:
    """Greets so many connections at a time, and refuses the others."""

    async def act(talk: "Conversation") -> int:
        if talk.company > most:
            return await say(refusal, end=CLOSED)(talk)
        return await say("220 faulty.test ESMTP")(talk)

    return act


async def silence(talk: "Conversation") -> int:
    """Says nothing any more."""
    await talk.end(SILENT)
    return 0


async def hang_up(talk: "Conversation") -> int:
    """Closes in good order."""
    await talk.end(CLOSED)
    return 0


async def reset(talk: "Conversation") -> int:
    """Breaks the connection off: what had not been read is lost, and the other side is told so (RST)."""
    await talk.end(RESET)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How the server is when no rule says otherwise."""

    offers: Sequence[str] = ("PIPELINING", "SIZE 10000000", "8BITMIME")
    #: What STARTTLS goes on with; None: it is not offered.
    tls: ssl.SSLContext | None = None
    #: Base64 of what AUTH PLAIN is to bring; empty: it is not offered.
    password: str = ""
    #: Whether DATA is answered with 354 though no recipient was taken.
    lenient: bool = False
    #: Whether answers wait for one another while there are commands to look at, and leave in one packet.
    corked: bool = False


class FaultyServer:
    """Listens on a port of 127.0.0.1 from `with` to its end."""

    def __init__(self, rules: Sequence[Rule] = (), manners: Manners | None = None) -> None:
        self.rules, self.manners = list(rules), manners or Manners()
        self.ledger: list[Transaction] = []
        #: Every command that came in clear, and all octets that came instead of a handshake.
        self.clear: list[bytes] = []
        #: How often each moment has come, and each rule was obeyed; when each connection was opened.
        self.moments: Counter[str] = Counter()
        self.obeyed: Counter[int] = Counter()
        self.opened: list[float] = []
        #: Octets of endless answers.
        self.poured = 0
        #: Most connections at a time.
        self.most = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="faulty server", daemon=True)
        self._conversations: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self.port: int = self._call(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def now(self) -> int:
        """How many connections there are at this moment."""
        return len(self._conversations)

    def mend(self) -> None:
        """From now on it has no faults."""
        self.rules = []

    def quiet(self) -> None:
        """Waits until all conversations are over: the ledger is complete then."""
        self._call(self._all_over())

    def of(self, name: str) -> list[Transaction]:
        """The transactions for a local part."""
        return [entry for entry in self.ledger if entry.name == name]

    def verbs_in_clear(self) -> set[str]:
        return {line[:8].split()[0].decode("latin-1").upper() for line in self.clear if line.strip()}

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._converse, "127.0.0.1", 0, limit=1 << 16)
        return self._server.sockets[0].getsockname()[1]

    async def _all_over(self) -> None:
        await asyncio.gather(*self._conversations, return_exceptions=True)

    async def _stop(self) -> None:
        self._server.close()
        for conversation in self._conversations:
            conversation.cancel()
        await self._all_over()
        await self._server.wait_closed()
        # So that the loop closes what was aborted.
        await asyncio.sleep(0)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        self.most = max(self.most, len(self._conversations))
        self.opened.append(time.monotonic())
        talk = Conversation(self, reader, writer, len(self.opened))
        try:
            await talk.hold()
        except (_Over, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.poured += talk.poured
            await talk.leave()
            self._conversations.discard(task)


class Conversation:
    """One connection, from the greeting to its end."""

    def __init__(
        self, server: FaultyServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self._server, self._reader, self._writer, self._number = server, reader, writer, number
        self._rest = b""
        self._encrypted = False
        self._mail = 0
        self._entry: Transaction | None = None
        self._held = b""
        #: Messages that it has brought.
        self.messages = 0
        self.poured = 0

    @property
    def name(self) -> str:
        return self._entry.name if self._entry else ""

    @property
    def company(self) -> int:
        """How many connections there are at this moment."""
        return self._server.now

    # what an act does

    async def send(self, octets: bytes) -> None:
        self._held += octets
        if not self._server.manners.corked:
            await self._flush()

    async def end(self, end: End) -> None:
        if end is NO:
            return
        await self._flush()
        if end is SILENT:
            while await self._reader.read(65_536):
                pass
        if end is RESET:
            self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            self._writer.transport.abort()
        raise _Over

    def note(self, code: int) -> int:
        """Enters what has been answered."""
        if self._entry:
            self._entry.code = code
        return code

    def forget(self) -> None:
        """Loses what has come and was not looked at."""
        self._rest = b""

    # what the server does

    async def hold(self) -> None:
        await self._answer("GREETING", "220 faulty.test ESMTP")
        while line := await self._line():
            if not self._encrypted:
                self._server.clear.append(line)
            await self._command(line)

    async def leave(self) -> None:
        """Closes, unless it was broken off. An orderly close over TLS waits for the other side: it is not for us."""
        if self._encrypted:
            self._writer.transport.abort()
        self._writer.close()

    async def _line(self) -> bytes:
        """The next command; empty: there is none."""
        while b"\n" not in self._rest:
            octets = await self._read()
            if not octets:
                return b""
            self._rest += octets
        line, _, self._rest = self._rest.partition(b"\n")
        return line + b"\n"

    async def _read(self, most: int = 65_536) -> bytes:
        await self._flush()
        return await self._reader.read(most)

    async def _flush(self) -> None:
        held, self._held = self._held, b""
        if held:
            self._writer.write(held)
            await self._writer.drain()

    async def _command(self, line: bytes) -> None:
        verb = line.strip()[:8].decode("latin-1").upper().partition(" ")[0]
        known = {
            "EHLO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._begin,
            "RCPT": self._recipient,
            "DATA": self._data,
        }
        if verb in known:
            await known[verb](line)
            return
        if verb == "RSET":
            self._entry, self._mail = None, 0
        await self._answer(verb, "221 bye" if verb == "QUIT" else "250 2.0.0 ok")
        if verb == "QUIT":
            await self.end(CLOSED)

    async def _answer(self, moment: str, usual: str) -> int:
        """Answers by the rule for this moment, or as usual; gives the code."""
        return self.note(await (self._ruled(moment) or say(usual))(self))

    def _ruled(self, moment: str) -> Act | None:
        """What a rule wants done at this moment, which has come."""
        server = self._server
        server.moments[moment] += 1
        if self._entry:
            self._entry.at, self._entry.code = moment, 0
        for place, rule in enumerate(server.rules):
            if rule.fits(moment, self.name, server.moments[moment], self.messages):
                server.obeyed[place] += 1
                return rule.act
        return None

    async def _ehlo(self, line: bytes) -> None:
        manners = self._server.manners
        offers = [*manners.offers]
        offers += ["STARTTLS"] if manners.tls and not self._encrypted else []
        offers += ["AUTH PLAIN"] if manners.password and (self._encrypted or manners.tls is None) else []
        await self._answer("EHLO", "\r\n".join(["250-faulty.test", *(f"250-{offer}" for offer in offers), "250 HELP"]))

    async def _starttls(self, line: bytes) -> None:
        if await self._answer("STARTTLS", "220 2.0.0 go") != 220 or self._server.manners.tls is None:
            return
        if act := self._ruled("TLS"):
            self._server.clear.append(self._rest + await self._reader.read(65_536))
            await act(self)
            raise _Over
        await self._flush()
        self.forget()
        await self._writer.start_tls(self._server.manners.tls)
        self._encrypted = True

    async def _auth(self, line: bytes) -> None:
        right = line.split()[-1].decode("latin-1") == self._server.manners.password
        await self._answer("AUTH", "235 2.7.0 welcome" if right else "535 5.7.8 who are you")

    async def _begin(self, line: bytes) -> None:
        self._entry = None
        self._mail = await self._answer("MAIL", "250 2.1.0 ok")

    async def _recipient(self, line: bytes) -> None:
        recipient = line.split(b"<", 1)[1].split(b">", 1)[0].decode()
        self._entry = Transaction(recipient, self._number, self._encrypted, code=self._mail, when=time.monotonic())
        self._server.ledger.append(self._entry)
        if self._mail != 250:
            self._entry = None
            await say("503 5.5.1 MAIL first")(self)
        elif await self._answer("RCPT", "250 2.1.5 {to} ok") // 100 != 2:
            self._entry = None

    async def _data(self, line: bytes) -> None:
        if self._entry is None:
            await say("354 go on" if self._server.manners.lenient else "503 5.5.1 RCPT first")(self)
            if self._server.manners.lenient:
                await self._until_dot()
                await say("554 5.5.1 no valid recipients")(self)
        elif await self._answer("DATA", "354 go on") == 354:
            await self._message(self._entry)
        self._entry, self._mail = None, 0

    async def _message(self, entry: Transaction) -> None:
        if not self._rest:
            self._rest = await self._read(1_000)
        if act := self._ruled("BODY"):
            await act(self)
        body = await self._until_dot()
        found = {name.lower(): value.decode() for name, value in _HEADERS.findall(body)}
        entry.message_id, entry.to = found.get(b"message-id", ""), found.get(b"to", "")
        entry.sha256, entry.whole = hashlib.sha256(body).hexdigest(), True
        self.messages += 1
        await self._answer("DOT", "250 2.0.0 {to} taken")

    async def _until_dot(self) -> bytes:
        """The message as it came, without its final dot."""
        octets = b"\r\n" + self._rest
        while (at := octets.find(b"\r\n.\r\n")) < 0:
            more = await self._read()
            if not more:
                raise _Over
            octets += more
        self._rest = octets[at + 5 :]
        return octets[2 : at + 2]
