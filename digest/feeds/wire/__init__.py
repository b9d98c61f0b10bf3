"""Asking a server: an address -> Fetched | NotModified | FetchFailed (the only part that reaches the network).

`fetch` asks; `fetched` is what comes of it. `hosts` gives turns, `course` follows redirects, `guard` refuses private
networks, `proxies` knows the operator's, `headers` and `unpack` read what is not the body itself.
"""
