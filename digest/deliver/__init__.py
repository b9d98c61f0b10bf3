"""The outbox goes out over SMTP, one recorded outcome for each delivery.

    outbox ─▶ lease ─▶ compose ─▶ message ─▶ dot ─▶ reply ─▶ settle
              (a few at a time,          (written down          (with the next dots,
               written down first)        just before it)        in one commit)

Nothing is sent that is not leased, and no final dot is written before the ledger says that it is about to be: whoever
has left, is suppressed, or whose edition is paused or called off by then gets nothing, and a worker whose lease ran out
sends nothing. So after a crash no more than one message a connection is in doubt, and each of them is known.
"""

from digest.deliver.post import Post, Report
from digest.deliver.story import deliver

__all__ = ["Post", "Report", "deliver"]
