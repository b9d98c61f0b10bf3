"""`digest preview` in the browser: any reader's letter at any time, looked at from all sides before it goes out.

`routes` has the addresses; `question` reads what is asked and `state` answers it, with `letter`, `why`, `linted` and
`problem` as its parts; `policy` says what a browser may do; `actions` is what leaves this machine, only when asked to.
"""

from digest.web.preview.routes import application

__all__ = ["application"]
