"""The Compare page on the workbench's services."""

from __future__ import annotations

from workbench.services.comparing import Comparison


class ServicesCompare:
    """Opens sessions on what the catalogue holds."""

    def open(self, network: str, device: str, trace: str) -> Comparison:
        """Load a network, a device profile and a trace.

        Raises:
            WorkbenchError: when one of them cannot be read.
        """
        return Comparison.open(network, device, trace)
