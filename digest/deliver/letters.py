"""The letters that are being sent, each encoded once, and the messages that are made of them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from digest.deliver.post import Post
from digest.mail import headers
from digest.mail.compose import Prepared, prepare
from digest.mail.parcel import Composer, ready
from digest.model import Delivery, Letter, Mailbox
from digest.store import letters

#: Letters that are kept encoded at a time.
_KEPT = 256

#: The envelope's recipient, and what makes the message.
Addressed = tuple[str, Composer]


class Letters:
    """Makes messages for deliveries."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._prepared: dict[tuple[int, datetime], tuple[Letter, Prepared]] = {}
        path = post.sender.return_path
        self._sender = headers.address(path) if path else ""

    def sender_of(self, delivery: Delivery) -> str:
        """The envelope's sender."""
        sender = self._post.sender
        return sender.return_path_of(delivery.id) if sender.verp else self._sender

    async def composers(self, deliveries: Sequence[Delivery]) -> list[Addressed]:
        """For each of `deliveries` where it goes, and what makes its message: that may raise ValueError."""
        while len(self._prepared) >= _KEPT:
            self._prepared.pop(next(iter(self._prepared)))
        for delivery in deliveries:
            await self._prepare(delivery)
        if self._post.sender.keys:
            # To sign takes longer than all the rest.
            return list(await asyncio.gather(*(asyncio.to_thread(self._signed, each) for each in deliveries)))
        return [self._addressed(delivery) for delivery in deliveries]

    def _addressed(self, delivery: Delivery) -> Addressed:
        try:
            recipient = headers.address(delivery.address)
        except ValueError as error:
            return delivery.address, _failing(error)
        found = self._prepared.get(_place(delivery))
        if found is None:
            return recipient, _failing(ValueError(f"letter {delivery.letter} has no text any more: it was pruned"))
        return recipient, partial(self._message, delivery, found)

    def _signed(self, delivery: Delivery) -> Addressed:
        recipient, compose = self._addressed(delivery)
        try:
            message = compose(eight_bit=False)
        except ValueError as error:
            return recipient, _failing(error)
        return recipient, ready(message)

    def _message(self, delivery: Delivery, found: tuple[Letter, Prepared], *, eight_bit: bool) -> bytes:
        letter, prepared = found
        to = Mailbox(address=delivery.address, name=delivery.name)
        personal = self._post.sender.personal(letter, delivery.id, delivery.subscription, to, delivery.format)
        return prepared.message(personal, eight_bit=eight_bit)

    async def _prepare(self, delivery: Delivery) -> None:
        place = _place(delivery)
        if place in self._prepared:
            return
        letter = await self._post.database.run(letters.get, delivery.letter)
        if letter is None or not (letter.html or letter.text):
            return
        newsletter = self._post.newsletters.get(delivery.newsletter)
        title = newsletter.title if newsletter else delivery.newsletter
        envelope = self._post.sender.envelope(delivery.newsletter, title, delivery.frozen_at)
        self._prepared[place] = (letter, await asyncio.to_thread(prepare, letter, envelope))


def _place(delivery: Delivery) -> tuple[int, datetime]:
    return delivery.letter, delivery.frozen_at


def _failing(error: ValueError) -> Composer:
    def compose(*, eight_bit: bool) -> bytes:  # noqa: ARG001 - there is none of either kind
        raise error

    return compose
