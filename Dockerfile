# A model behind `dogs-vs-cats serve`, on CPUs. With a model file in the build context:
#   docker build --build-arg MODEL=data/models/fine_tuning.keras -t dogs-vs-cats .
#   docker run --rm -p 8000:8000 dogs-vs-cats
FROM python:3.11-slim-bookworm

WORKDIR /app
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY src src
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

ARG MODEL
COPY ${MODEL} /app/model.keras
RUN useradd --system --uid 10001 --no-create-home serve
USER serve
# TensorFlow and Matplotlib write caches
ENV HOME=/tmp PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/ready', timeout=5)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["dogs-vs-cats", "serve", "--model", "/app/model.keras", "--host", "0.0.0.0", "--port", "8000"]
