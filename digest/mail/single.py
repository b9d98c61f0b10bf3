"""One message over a line, for who keeps no ledger: a request to confirm, a trial."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from digest.errors import RelayError
from digest.mail import smtp
from digest.mail.line import Line
from digest.mail.outcome import Phase, said
from digest.mail.parcel import Parcel
from digest.mail.session import Session
from digest.model import Deferred, Outcome, Rejected, Scope


class _One:
    """The source of a single parcel."""

    def __init__(self) -> None:
        self.phase = Phase.MAIL
        self.outcome: Outcome | None = None

    def take(self) -> Parcel | None:
        return None

    async def may_end(self, parcel: Parcel) -> bool:  # noqa: ARG002 - nobody keeps a ledger of it
        # Lets the loop tell us of a connection that was closed while we wrote.
        await asyncio.sleep(0)
        return True

    def ended(self, parcel: Parcel, phase: Phase, outcome: Outcome) -> None:  # noqa: ARG002 - there is one
        self.phase, self.outcome = phase, outcome

    def put_back(self, parcel: Parcel) -> None:
        pass


@contextmanager
def closed_unless_done(session: Session) -> Iterator[None]:
    """What breaks off in the middle leaves a connection that nobody can go on with."""
    with ExitStack() as undo:
        undo.callback(session.close)
        yield
        undo.pop_all()


async def sent(line: Line, parcel: Parcel) -> Outcome:
    """One message over a connection that is open already, or else a new one. Raises RelayError."""
    session = line.take_idle()
    while True:
        try:
            fresh = session is None
            session = session or await smtp.session(line.relay, line.context, line.manner)
        except smtp.Refused as refused:
            outcome: Outcome | None = refused.outcome
        else:
            outcome = await _over(line, session, parcel)
        if outcome is None and not fresh:
            session = None
            continue
        if outcome is None:
            outcome = Deferred(scope=Scope.CONNECTION, reply="the connection was lost")
        if isinstance(outcome, Deferred | Rejected) and outcome.scope is Scope.RELAY:
            raise RelayError(f"{line.relay}: {said(outcome)}")
        return outcome


async def _over(line: Line, session: Session, parcel: Parcel) -> Outcome | None:
    """None: the connection had gone stale."""
    one = _One()
    with closed_unless_done(session):
        await session.carry(parcel, one)
    line.keep(session)
    return one.outcome
