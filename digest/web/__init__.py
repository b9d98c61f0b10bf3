"""The pages: what readers see, and what the operator sees beforehand. None needs JavaScript, none sets a cookie.

`public` puts together what readers see; `preview` and `inbox` are for the operator's own machine; `server` serves any
of them in the loop that everything else runs in.
"""
