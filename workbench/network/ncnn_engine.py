"""Running folded networks on this computer through the `ncnn` wheel: the phones' own engine.

32-bit floats throughout, so that results can be compared with any other engine's.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.core.errors import WorkbenchError
from workbench.network.folded import FoldedNetwork
from workbench.network.ncnn_files import INPUT_BLOB, OUTPUT_BLOB, ncnn_files

Floats = npt.NDArray[np.float32]


class NcnnNetwork:
    """A network that is loaded and ready to run.

    Args:
        network: weights are copied into the engine's own layout.
        threads: processor threads that one inference may use.

    Raises:
        WorkbenchError: when the engine refuses the network.
    """

    def __init__(self, network: FoldedNetwork, threads: int = 1) -> None:
        import ncnn  # only those that run networks pay for it

        self._ncnn = ncnn
        self._net = ncnn.Net()
        options = self._net.opt
        options.num_threads = threads
        options.use_vulkan_compute = False
        for name in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_storage"):
            setattr(options, f"use_{name}", False)
        # The wheel reads weights from files only.
        with tempfile.TemporaryDirectory(prefix="adaspring-ncnn-") as folder:
            param, weights = ncnn_files(network).save(Path(folder) / "network")
            failed = self._net.load_param(str(param)) or self._net.load_model(str(weights))
        if failed:
            raise WorkbenchError("ncnn cannot load the network.", detail=f"code {failed}")

    def run(self, image: Floats) -> Floats:
        """Class scores of one (channels, height, width) image.

        Raises:
            WorkbenchError: when the engine fails.
        """
        return np.array(self._infer(self._blob(image)), dtype=np.float32)

    def time_ns(self, image: Floats, runs: int) -> npt.NDArray[np.int64]:
        """(runs,) wall time of each inference of the same image, without copying it in."""
        blob = self._blob(image)
        times = np.empty(runs, dtype=np.int64)
        for index in range(runs):
            start_ns = time.perf_counter_ns()
            self._infer(blob)
            times[index] = time.perf_counter_ns() - start_ns
        return times

    def _blob(self, image: Floats) -> object:
        # A blob made from an array shares its memory; the copy also gets the engine's alignment.
        return self._ncnn.Mat(np.ascontiguousarray(image, dtype=np.float32)).clone()

    def _infer(self, blob: object) -> object:
        extractor = self._net.create_extractor()
        failed = extractor.input(INPUT_BLOB, blob)
        code, output = extractor.extract(OUTPUT_BLOB)
        if failed or code:
            raise WorkbenchError("ncnn failed to run the network.", detail=f"code {code}")
        return output


def engine_version() -> str:
    """Version of the installed engine."""
    import ncnn

    return f"ncnn {ncnn.__version__}"
