"""Years of a Digest in minutes: the stories and the store as they are, a clock that jumps, and a world that misbehaves.

`world` has the feeds, `relay` the mail server, `people` the readers; `oracle` keeps its own books and never asks the
store what it thinks; `story` lets time pass. What is checked are the promises of docs/architecture.md.
"""
