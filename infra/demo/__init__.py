"""The demo: every part of Aura on this machine, fed by the simulator, gone without a trace when it ends."""
