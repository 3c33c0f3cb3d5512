# Builds and runs Sallyport. The data folder is a volume; keep it.
#   docker build -t sallyport .
#   docker run -p 127.0.0.1:8787:8787 -v sallyport-data:/var/lib/sallyport sallyport
# Your own configuration: -v ./sallyport.yaml:/etc/sallyport/sallyport.yaml:ro (with listen: 0.0.0.0:8787).

FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY scripts scripts
COPY src src
COPY console console
# Builds dist/ through the prepare script, then leaves out what only the build needed.
RUN npm ci && npm prune --omit=dev

FROM node:24-slim
WORKDIR /opt/sallyport
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY bin bin
COPY models models
COPY LICENSE NOTICE ./
# Inside the container every interface is reachable only through the ports that are published.
RUN mkdir -p /etc/sallyport /var/lib/sallyport \
  && echo 'listen: 0.0.0.0:8787' > /etc/sallyport/sallyport.yaml \
  && chown node:node /var/lib/sallyport && chmod 700 /var/lib/sallyport
USER node
VOLUME /var/lib/sallyport
EXPOSE 8787
# The admin plane stays on the loopback of the container, where this check asks it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8788/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Answers under way may finish: give it more than http.drainMs (30 s) with `docker stop -t 40`.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "bin/sallyport.js"]
CMD ["up", "--config", "/etc/sallyport/sallyport.yaml", "--data", "/var/lib/sallyport"]
