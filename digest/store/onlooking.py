"""What an onlooker asks who checks the store against books of its own. Changes nothing."""

from sqlalchemy import Connection, select

from digest.model import DeliveryState
from digest.store.schema import articles, deliveries, subscribers, subscriptions


def on_their_way(connection: Connection) -> frozenset[str]:
    """The addresses of deliveries that somebody has leased."""
    chosen = (
        select(subscribers.c.address)
        .join_from(deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber)
        .where(deliveries.c.state == DeliveryState.SENDING.value)
    )
    return frozenset(connection.scalars(chosen))


def arrived_since(connection: Connection, number: int) -> list[tuple[int, str]]:
    """Articles that arrived after that one: number and link."""
    rows = connection.execute(select(articles.c.number, articles.c.url).where(articles.c.number > number))
    return [(row.number, row.url) for row in rows]


def marks(connection: Connection) -> dict[int, int]:
    """How far each subscription is served."""
    return {row.id: row.mark for row in connection.execute(select(subscriptions.c.id, subscriptions.c.mark))}
