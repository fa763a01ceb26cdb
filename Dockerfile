# Nexus in a container: docker build -t nexus:local .
#
# Each image it needs can be replaced, for a mirror or another distribution:
#   BUILDER  has Rust and a C compiler        BASE  has glibc and libgcc, and needs nothing else
#   BINARY   an image with /nexus and an empty /data, instead of the stage that compiles them
ARG BUILDER=docker.io/library/rust:1.95-bookworm
ARG BASE=gcr.io/distroless/cc-debian12
ARG BINARY=build

FROM ${BUILDER} AS build
# Cargo features of nexus-cli besides the usual ones; librdkafka is compiled from C, and linked in.
ARG FEATURES="kafka"
# The base of the image has no zlib, which the client of Kafka would otherwise look for.
ENV LIBZ_SYS_STATIC=1
WORKDIR /source
COPY . .
# C libraries are linked in, because the base has only its own.
RUN LIBZ_SYS_STATIC=1 cargo build --release --locked --package nexus-cli --features "${FEATURES}" \
    && strip --strip-all --output-file /nexus target/release/nexus \
    && mkdir /data

# hadolint ignore=DL3006
FROM ${BINARY} AS binary

# hadolint ignore=DL3006
FROM ${BASE}
LABEL org.opencontainers.image.title="Nexus" \
      org.opencontainers.image.description="An adaptive learning engine for learning sites" \
      org.opencontainers.image.source="https://github.com/nexus-learning/nexus" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT"
COPY --from=binary --chmod=0755 /nexus /usr/local/bin/nexus
# A new volume takes its owner from here.
COPY --from=binary --chown=65532:65532 /data /data
ENV NEXUS_DATA_DIR=/data \
    NEXUS_LISTEN=0.0.0.0:8080
USER 65532:65532
VOLUME /data
EXPOSE 8080
# A start after a crash replays the journal before it answers.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/usr/local/bin/nexus", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/nexus"]
CMD ["serve"]
