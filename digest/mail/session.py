"""One open connection and the messages that go over it: what is pipelined, what is waited for, and where the dot is.

Where the server takes PIPELINING (RFC 2920), the final dot of a message goes out together with MAIL, RCPT and DATA of
the next: one round trip a message. Where it does not, each command waits for the answer to the one before.

    write                                    read
    MAIL RCPT DATA (first)                   250 250 354
    message (first)
       `may_end`: the intent is on disk
    dot (first) MAIL RCPT DATA (second)      250 | 250 250 354
    message (second) ...
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from digest.mail.outcome import Phase, goes_on, had_gone_stale, judge, lost
from digest.mail.parcel import Parcel, Source
from digest.mail.relay import Relay
from digest.mail.replies import Reply
from digest.mail.wire import Broken, Wire
from digest.model import Accepted, InDoubt, Outcome, Rejected, Scope

_DOT = b".\r\n"
#: A command, and the phase that its answer is judged by; RSET has none of its own.
_Step = tuple[Phase, bytes]
#: So many connections in a row that end over pipelined commands, and the server is asked one by one from then on.
_PATIENCE = 2


@dataclass(slots=True)
class Manner:
    """How a server keeps what it offers, for all connections to it."""

    pipelining: bool = True
    strikes: int = 0

    def broke(self) -> None:
        """A connection ended while pipelined commands were waiting for their answers."""
        self.strikes += 1
        self.pipelining = self.pipelining and self.strikes < _PATIENCE


@dataclass(frozen=True, slots=True)
class Offers:
    """What the server says in answer to EHLO."""

    pipelining: bool
    eight_bit: bool
    utf8: bool
    #: Octets; 0: it names no limit.
    size: int
    says_size: bool

    @classmethod
    def read(cls, extensions: dict[str, str]) -> "Offers":
        """From names in lower case with their parameters."""
        limit = extensions.get("size", "")
        return cls(
            pipelining="pipelining" in extensions,
            eight_bit="8bitmime" in extensions,
            utf8="smtputf8" in extensions,
            size=int(limit) if limit.isascii() and limit.isdecimal() and len(limit) < 20 else 0,
            says_size="size" in extensions,
        )


class Session:
    """A connection that is ready for MAIL, good for one message after another while `usable`."""

    def __init__(self, relay: Relay, wire: Wire, extensions: dict[str, str], manner: Manner) -> None:
        self._relay, self._wire, self._manner = relay, wire, manner
        self._offers = Offers.read(extensions)
        self._usable = True
        #: The last transaction was refused half way: RSET goes before the next.
        self._unclean = False
        #: How many messages it has begun.
        self._begun = 0

    @property
    def usable(self) -> bool:
        """Whether another message may go over it."""
        return self._usable and self._wire.usable and self._begun < self._relay.reuse

    async def carry(self, first: Parcel, source: Source) -> None:
        """Sends `first` and whatever `source` has at once, until it has nothing or this connection is of no more use.

        Tells of each what became of it; where `source` raises, nothing of those that are under way.
        """
        parcel: Parcel | None = first
        dotted: Parcel | None = None
        while parcel or dotted:
            message = self._composed(parcel, source) if parcel else b""
            parcel = parcel if message else None
            # Without PIPELINING the dot goes alone, and the next message after its answer.
            following = parcel if self._pipelined or not dotted else None
            if not (following or dotted):
                parcel = self._another(source)
                continue
            steps = self._steps(following, message) if following else []
            if not await self._end(dotted, steps, source):
                if parcel:
                    source.put_back(parcel)
                return
            dotted = None
            if following:
                parcel = None
                if await self._transact(following, steps, message, source):
                    dotted = following
            if parcel is None:
                parcel = self._another(source)

    def close(self) -> None:
        """Closes without a word."""
        self._usable = False
        self._wire.close()

    async def quit(self, seconds: float) -> None:
        """Says goodbye in no more than `seconds`, and closes."""
        with suppress(Broken):
            if self.usable:
                self._wire.write(b"QUIT\r\n", replies=1)
                await self._wire.reply(seconds)
        self.close()

    @property
    def _pipelined(self) -> bool:
        return self._offers.pipelining and self._manner.pipelining

    def _another(self, source: Source) -> Parcel | None:
        more = self._usable and self._begun < self._relay.reuse
        return source.take() if more else None

    def _composed(self, parcel: Parcel, source: Source) -> bytes:
        """Its message; empty where it cannot be sent at all, which has been told."""
        try:
            message = parcel.compose(eight_bit=self._offers.eight_bit)
        except ValueError as error:
            source.ended(parcel, Phase.MAIL, Rejected(scope=Scope.RECIPIENT, reply=str(error)))
            return b""
        refusal = self._cannot_take(parcel, len(message))
        if refusal:
            source.ended(parcel, Phase.MAIL, refusal)
            return b""
        return message

    def _cannot_take(self, parcel: Parcel, size: int) -> Rejected | None:
        """What the server has said beforehand that it will refuse (RFC 1870 6.2, RFC 6531 3.2)."""
        limit = self._offers.size
        if 0 < limit < size:
            return Rejected(scope=Scope.MESSAGE, reply=f"the message has {size} octets; the relay takes {limit}")
        if not (self._offers.utf8 or f"{parcel.sender}{parcel.recipient}".isascii()):
            return Rejected(scope=Scope.RECIPIENT, reply="not ASCII before the @, and the relay offers no SMTPUTF8")
        return None

    def _steps(self, parcel: Parcel, message: bytes) -> list[_Step]:
        """What is said before the message."""
        options = f" SIZE={len(message)}" if self._offers.says_size else ""
        options += "" if message.isascii() else " BODY=8BITMIME"
        options += "" if f"{parcel.sender}{parcel.recipient}".isascii() else " SMTPUTF8"
        steps = [
            (Phase.MAIL, f"MAIL FROM:<{parcel.sender}>{options}\r\n".encode()),
            (Phase.RCPT, f"RCPT TO:<{parcel.recipient}>\r\n".encode()),
            (Phase.DATA, b"DATA\r\n"),
        ]
        return [(Phase.EHLO, b"RSET\r\n"), *steps] if self._unclean else steps

    async def _end(self, dotted: Parcel | None, steps: Sequence[_Step], source: Source) -> bool:
        """Writes the dot of one and, with it, as much as may go together of the next; whether this goes on.

        What became of the first is told.
        """
        together = steps if self._pipelined else steps[:1]
        group = b"".join([_DOT if dotted else b"", *(command for _, command in together)])
        self._begun += bool(steps)
        try:
            self._wire.write(group, replies=bool(dotted) + len(together))
        except Broken as error:
            self._usable = False
            if dotted:
                # The dot never left.
                source.ended(dotted, Phase.BODY, lost(Phase.BODY, str(error)))
            return False
        if dotted is None:
            return True
        outcome = await self._answer_to_dot()
        if isinstance(outcome, Accepted):
            self._manner.strikes = 0
        self._usable = self._usable and not _is_over(outcome)
        source.ended(dotted, Phase.DOT, outcome)
        return self._usable

    async def _transact(self, parcel: Parcel, steps: Sequence[_Step], message: bytes, source: Source) -> bool:
        """One transaction after its first command, up to the final dot; whether that may be written.

        What became of it otherwise is told.
        """
        phase = Phase.MAIL
        try:
            ended = await self._envelope(steps, pipelined=self._pipelined)
            if ended is None:
                phase = Phase.BODY
                await self._wire.send(message, self._relay.patience(phase))
                if not await source.may_end(parcel):
                    # There is no way back from within a message but to hang up.
                    self.close()
                    return False
                # All of the message is out of our hands, so that a connection lost meanwhile is no doubt.
                await self._wire.flushed(self._relay.patience(phase))
                return True
        except Broken as error:
            ended = phase, lost(phase, str(error))
        self._usable = self._usable and not _is_over(ended[1])
        if had_gone_stale(*ended) and self._begun > 1:
            source.put_back(parcel)
        else:
            source.ended(parcel, *ended)
        return False

    async def _envelope(self, steps: Sequence[_Step], *, pipelined: bool) -> tuple[Phase, Outcome] | None:
        """The answers to what is said before the message; None once the server waits for it."""
        refused: tuple[Phase, Outcome] | None = None
        for place, (phase, command) in enumerate(steps):
            try:
                if place and not pipelined:
                    self._wire.write(command, replies=1)
                reply = await self._wire.reply(self._relay.patience(phase))
                if refused and phase is Phase.DATA and goes_on(phase, reply.code):
                    # A message for nobody: RFC 2920 3.1 has us end it at once, and makes nothing of the answer.
                    self._wire.write(_DOT, replies=1)
                    await self._wire.reply(self._relay.patience(phase))
            except Broken as error:
                if pipelined:
                    self._manner.broke()
                self._usable = False
                return refused or (phase, lost(phase, str(error)))
            if phase is Phase.EHLO and not goes_on(phase, reply.code):
                self._usable = False
                return Phase.MAIL, lost(Phase.MAIL, f"RSET was refused: {reply.code} {reply.text}")
            if refused is None and not goes_on(phase, reply.code):
                refused = phase, judge(phase, reply.code, reply.text)
            if refused and (not pipelined or reply.code == 421):
                break
        self._unclean = refused is not None
        return refused

    async def _answer_to_dot(self) -> Outcome:
        try:
            reply: Reply = await self._wire.reply(self._relay.patience(Phase.DOT))
        except Broken as error:
            return lost(Phase.DOT, str(error))
        return judge(Phase.DOT, reply.code, reply.text)


def _is_over(outcome: Outcome) -> bool:
    """Whether the connection ends with it."""
    return isinstance(outcome, InDoubt) or (
        not isinstance(outcome, Accepted) and outcome.scope in (Scope.CONNECTION, Scope.RELAY)
    )
