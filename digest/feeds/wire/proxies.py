"""Which proxy a request goes through, as the environment says (``http_proxy``, ``https_proxy``, ``no_proxy``)."""

from collections.abc import Mapping
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed leaves it out

from yarl import URL

from digest.feeds.wire.guard import is_loopback


class Proxies:
    """The operator's proxies by the scheme of what is asked for, and the hosts that are asked without one.

    Given as by `urllib.request.getproxies_environment`: "http", "https" and "all" are addresses, "no" lists the hosts.
    """

    def __init__(self, proxies: Mapping[str, str]) -> None:
        self._by_scheme = {name.lower(): value.strip() for name, value in proxies.items() if value.strip()}

    def __bool__(self) -> bool:
        return bool(self._by_scheme.keys() - {"no"})

    def of(self, url: URL) -> URL | None:
        """The proxy, maybe with a user name and password, for `url`; None: it is asked directly, as this machine is.

        Raises ValueError, without the password in it, for a proxy that cannot be used.
        """
        host = url.raw_host or ""
        given = self._by_scheme.get(url.scheme) or self._by_scheme.get("all", "")
        if not given or is_loopback(host):
            return None
        if proxy_bypass_environment(f"{host}:{url.port}", self._by_scheme):
            return None
        return _http(given)


def _http(given: str) -> URL:
    try:
        proxy = URL(given if "://" in given else f"http://{given}")
    except ValueError:
        raise ValueError("the address of the proxy cannot be read") from None
    if proxy.scheme != "http" or not proxy.raw_host:
        raise ValueError(f"the proxy {proxy.scheme}://{proxy.host or ''} cannot be used, only one that speaks http://")
    return proxy
