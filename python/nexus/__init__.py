"""Nexus from Python: the simulator as Gymnasium environments (`nexus.gym`)."""
