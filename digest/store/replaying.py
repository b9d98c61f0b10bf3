"""For whom the letters of a past edition were, so that they can be arranged anew by other settings."""

from sqlalchemy import Connection, func, select

from digest.store.schema import deliveries, views


def readers_by_view(connection: Connection, edition: int) -> dict[str, int]:
    """View keys of an edition, and how many deliveries each had; what retention has taken counts as none."""
    joined = (deliveries.c.edition == views.c.edition) & (deliveries.c.view == views.c.key)
    counted = (
        select(views.c.key, func.count(deliveries.c.id).label("readers"))
        .select_from(views.outerjoin(deliveries, joined))
        .where(views.c.edition == edition)
        .group_by(views.c.key)
        .order_by(views.c.key)
    )
    return {row.key: row.readers for row in connection.execute(counted)}
