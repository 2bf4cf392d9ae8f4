# One image for every service and worker; compose.yaml says what each container runs.
FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements-build.lock requirements.lock ./
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-build.lock \
 && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes --no-build-isolation -r requirements.lock
COPY pyproject.toml requirements.in ./
COPY shared shared
COPY services services
COPY samples samples
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-index --no-build-isolation --editable .

FROM python:3.13-slim
RUN useradd --system --uid 10001 timebooks && install -d -o timebooks -m 700 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
USER timebooks
WORKDIR /data
CMD ["timebooks", "up"]
