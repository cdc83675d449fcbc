# The same Node as the devDependency `node` in package.json; a test compares the two.
ARG NODE_VERSION=26.10.0

# Compiles src/ to dist/. Nothing of this stage but dist/ goes on.
FROM node:${NODE_VERSION}-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig*.json ./
COPY bin/ bin/
COPY src/ src/
RUN npm run build

# Installs what runs, from the lock file, and runs no package's install script while doing so.
FROM node:${NODE_VERSION}-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:${NODE_VERSION}-slim AS runtime
LABEL org.opencontainers.image.title="Sallyport" \
      org.opencontainers.image.description="A security sidecar: one container and one policy file in front of an HTTP API that nobody may change" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"

# Whoever gets a foot into this container finds no package manager to fetch tools with.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-*

# For a container of 256 MB: at most 160 MB of heap (112 old, 3 x 16 young), which leaves about 95 MB to
# Node itself, the socket buffers and the short-lived process of HEALTHCHECK.
ENV NODE_ENV=production \
    NODE_OPTIONS="--max-old-space-size=112 --max-semi-space-size=16"

WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules/ node_modules/
COPY --from=build /app/dist/ dist/
COPY bin/ bin/
COPY deploy/healthcheck.js deploy/healthcheck.js

# Numeric, so that Kubernetes can check runAsNonRoot. The files above belong to root: this user may only read them.
USER 65532:65532
EXPOSE 8080 9901

# Node is process 1 and handles SIGTERM and SIGHUP itself; it starts no children, so there is nothing to reap.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 CMD ["node", "/app/deploy/healthcheck.js"]
# After a quiet minute V8 would shrink its heap and drop compiled code, and the next requests would pay for both again.
# NODE_OPTIONS takes neither option.
ENTRYPOINT ["node", "--no-memory-reducer", "--min-semi-space-size=16", "/app/bin/sallyport.js"]
CMD ["serve", "--policy", "/etc/sallyport/policy.yaml"]
