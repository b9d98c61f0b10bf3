"""Due feeds become new articles.

    due feeds ─▶ claim ─▶ look: fetch ─▶ read ─▶ complete ─▶ record
                        (conditional) (in a child  (full text:   (articles, keys and validators,
                                        process)    their pages)   one transaction)

What goes wrong with one feed is recorded with it and never stops the others. The validators are stored together with
the articles: an answer that could not be read is asked for again.

polling     the story, feed by feed
looking     what there is to be had of a feed now, and behind an article
recording   what polls came to, in few transactions
desk        what it is done with
"""

from digest.collect.desk import Desk
from digest.collect.looking import Look, complete, look
from digest.collect.polling import collect
from digest.collect.recording import Polled

__all__ = ["Desk", "Look", "Polled", "collect", "complete", "look"]
