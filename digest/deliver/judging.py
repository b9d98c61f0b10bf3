"""What is recorded of a delivery for what became of its message."""

from datetime import datetime, timedelta
from functools import partial

from digest.deliver.post import Post
from digest.mail.outcome import address_is_gone, next_attempt, said
from digest.model import Accepted, Deferred, Delivery, DeliveryState, InDoubt, Outcome, Rejected, Scope
from digest.store import settlement
from digest.store.settlement import Result

#: A connection that broke says nothing of the recipient: another try soon.
_SOON = timedelta(seconds=20)
#: In doubt for so many tries, a delivery is held for the operator.
_MOST_TRIES_IN_DOUBT = 4


def judged(delivery: Delivery, outcome: Outcome, post: Post) -> Result:
    """What is to be recorded for `outcome`."""
    result = partial(Result, delivery=delivery.id)
    if isinstance(outcome, Accepted):
        return result(state=DeliveryState.SENT, code=outcome.code, reply=outcome.reply)
    now = post.clock()
    again = next_attempt(delivery.attempts, now, post.jitter())
    match outcome:
        case InDoubt():
            # A server that takes messages and never says so would otherwise get this one for ever.
            hold = post.hold or delivery.attempts + 1 >= _MOST_TRIES_IN_DOUBT
            return settlement.in_doubt(delivery.id, outcome.reply, again, hold=hold)
        case Deferred() if now - delivery.frozen_at >= post.give_up_after:
            return result(state=DeliveryState.FAILED, code=outcome.code, reply=f"given up: {said(outcome)}")
        case Deferred(scope=Scope.CONNECTION):
            # Says nothing of the recipient: no attempt is counted.
            return result(state=DeliveryState.QUEUED, reply=outcome.reply, next_attempt_at=now + _SOON)
        case Deferred():
            return result(state=DeliveryState.DEFERRED, code=outcome.code, reply=said(outcome), next_attempt_at=again)
        case Rejected():
            gone = address_is_gone(outcome)
            return result(state=DeliveryState.FAILED, code=outcome.code, reply=said(outcome), address_is_gone=gone)


def given_back(delivery: Delivery, at: datetime) -> Result:
    """What was certainly not sent goes back to the outbox, until `at`."""
    return Result(delivery=delivery.id, state=DeliveryState.QUEUED, next_attempt_at=at)


def refused_for_all(outcome: Outcome) -> bool:
    """Whether a refusal is about the message or about us, so that the next reader's will fare no better."""
    return isinstance(outcome, Rejected) and outcome.scope is Scope.MESSAGE
