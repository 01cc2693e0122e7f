"""Energy per inference from a phone's own sensors, whatever device they are on.

Sample streams come in as arrays, so a measured phone, the virtual one and a simulated sensor go
through the same code: calibration of the sensor (`sensor`), the order of blocks (`plan`), what
forbids a measurement (`conditions`), the analysis (`analysis`), and an estimate where nothing can
be measured (`estimate`). `study` checks it all against known energies. For users the method is
described in `assets/guide/energy.md`.
"""
