"""Web pages, for sites that have no feed or give only titles in it (pure).

`markup` is a page's tree. `discover` finds the feeds that it names, `page` the articles by selectors, which `guess`
proposes, and `full_text` the article behind a link, with its `own_address`.
"""
