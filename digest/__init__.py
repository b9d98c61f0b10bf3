"""Digest: feeds in, one mail out, each article to each reader exactly once.

    feeds ─▶ collect ─▶ articles ─▶ publish ─▶ edition, letters, outbox ─▶ deliver ─▶ inboxes
    readers ─▶ web ─▶ receive ─▶ consent, choices, departures

Read the four stories first, each one page: `collect`, `publish`, `deliver`, `receive`. They use the tools below them
(`feeds`, `editions`, `mail`, `store`) and speak in the nouns of `model`. What starts them is above: `app` wires,
`dispatch` says which process does what, `scheduler`, `web` and `cli` are the edges. docs/architecture.md is the long
form of this.
"""

__version__ = "0.1.0"
