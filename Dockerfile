# syntax=docker/dockerfile:1

# The builder: every dependency at the version and with the hash of the lock, then the program's own wheel.
FROM python:3.13-slim AS builder
ENV UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /src

COPY requirements.lock requirements-dev.lock ./
# uv at the version of the lock, as the Makefile installs it.
RUN awk '/^[^ #]/ {wanted = /^uv==/} wanted' requirements-dev.lock > uv.lock \
 && pip install --no-cache-dir --disable-pip-version-check --require-hashes -r uv.lock
RUN uv venv --python /usr/local/bin/python3 /opt/digest \
 && uv pip sync --python /opt/digest/bin/python --require-hashes --compile-bytecode requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY digest ./digest
COPY templates ./templates
COPY config ./config
RUN uv build --wheel --build-constraints requirements-dev.lock --require-hashes --out-dir /dist \
 && uv pip install --python /opt/digest/bin/python --no-deps --compile-bytecode /dist/*.whl

# What runs: Python, the environment, and a user who may write to /data only.
FROM python:3.13-slim
RUN groupadd --gid 10001 digest \
 && useradd --uid 10001 --gid digest --no-create-home --home-dir /data --shell /usr/sbin/nologin digest \
 && install --directory --owner digest --group digest /config /data
COPY --from=builder /opt/digest /opt/digest
ENV PATH=/opt/digest/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DIGEST_CONFIG=/config/digest.yaml
USER 10001:10001
WORKDIR /data
# The configuration may be mounted read-only, and so may the root; /tmp wants a tmpfs then.
VOLUME ["/config", "/data"]
EXPOSE 8080
# Letters under way are finished and recorded before it stops.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["digest"]
CMD ["run"]
