# Images of Chorus.
#
#   docker build --target router -t chorus-router .    the router, and the worker for machines without a GPU
#   docker build --target worker -t chorus-worker .    the worker with CUDA, for GPUs of compute capability 7.5 to 12.0
#   docker build --target development .                what is needed to build and test; cluster/compose.dev.yaml uses it
#
# Both run as an ordinary user, work without a network, and hold no weights: those are mounted at /models.
# There is one program and it links libtorch, so the router image holds the CPU build of it; nothing of CUDA is in there. Where
# pip is not offered the CPU build, name a package index that has it, such as PyTorch's own: --build-arg CHORUS_TORCH_INDEX=URL.

ARG SWIFT_IMAGE=swift:6.3.1-bookworm
ARG SYSTEM_IMAGE=debian:bookworm-slim

# ---- Packages, Swift and text data -----------------------------------------------------------------------------------
# The path of libtorch at build time is where the program looks for it later, hence one CHORUS_HOME for all stages.

FROM ${SWIFT_IMAGE} AS development
ARG CHORUS_TORCH_INDEX
ENV CHORUS_HOME=/opt/chorus
WORKDIR /src
COPY cluster/setup cluster/common.sh cluster/libtorch.py cluster/resources.py cluster/
COPY cluster/textdata cluster/textdata
RUN cluster/setup --for build

# ---- The program, twice ----------------------------------------------------------------------------------------------

FROM development AS build-cpu
ARG CHORUS_TORCH_INDEX
RUN cluster/setup --for build --torch cpu
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN LIBTORCH=${CHORUS_HOME}/libtorch swift build -c release --product chorus --static-swift-stdlib \
    && install -D -s .build/release/chorus /out/chorus

FROM development AS build-cuda
ARG CHORUS_TORCH_INDEX
RUN cluster/setup --for build --torch cuda
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN LIBTORCH=${CHORUS_HOME}/libtorch swift build -c release --product chorus --static-swift-stdlib \
    && install -D -s .build/release/chorus /out/chorus

# ---- What runs -------------------------------------------------------------------------------------------------------

FROM ${SYSTEM_IMAGE} AS system
COPY cluster/setup cluster/common.sh /opt/chorus/src/cluster/
RUN /opt/chorus/src/cluster/setup --for container \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin chorus
ENV OMP_WAIT_POLICY=passive CHORUS_HOME=/opt/chorus CHORUS_RUN_FOLDER=/tmp/chorus CHORUS_ALLOWED_ROOTS=/models CHORUS_LOG_FORMAT=json
COPY --from=development /opt/chorus/text /opt/chorus/text
WORKDIR /models
USER 10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/chorus"]

FROM system AS router
COPY --from=build-cpu /opt/chorus/libtorch/lib /opt/chorus/libtorch/lib
COPY --from=build-cpu /out/chorus /usr/local/bin/chorus
EXPOSE 9880 9890
CMD ["router", "-a", "0.0.0.0", "-p", "9880", "--workers", "tcp://0.0.0.0:9890", "-c", "/models/tts_infer.yaml"]

FROM system AS worker
COPY --from=build-cuda /opt/chorus/libtorch/lib /opt/chorus/libtorch/lib
COPY --from=build-cuda /out/chorus /usr/local/bin/chorus
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility
CMD ["worker", "--router", "tcp://router:9890", "--device", "cuda:0", "-c", "/models/tts_infer.yaml"]
