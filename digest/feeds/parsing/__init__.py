"""Bytes of a feed -> what it says, before anything is cleaned (pure).

    bytes ─▶ encoding ─▶ document ─▶ mend ─▶ handler (feedparser) ─▶ parse ─▶ parsed
                                 └─▶ json_feed ─────────────────────────────▶

`dates` and `wishes` know one thing each; `tags`, `escape` and `vocabulary` are what `mend` works with.
"""
