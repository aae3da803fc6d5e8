"""Models behind a URL: of vLLM, SGLang, llama.cpp, and of whoever answers as they do.

    open_engine("endpoint:http://localhost:8080")
    open_engine("mine:endpoint:https://host/v1#some-model", endpoint=EndpointOptions("KEY_NAME"))

`connecting.py` is where to begin. What such a server can is found out by trying (`probe.py`), and
what it tells is read with suspicion (`answers.py`). A way to ask is one module: `sglang.py`,
`vllm.py`, `llama_cpp.py`.
"""
