"""The agent: a small static C++ program on ncnn that runs on a device and answers in JSON lines.

Its protocol is described in `assets/guide/agent.md`. Prebuilt binaries stand in `assets/agent/`.
"""
