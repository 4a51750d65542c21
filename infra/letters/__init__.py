"""``aura dead-letters``: what was refused, for people."""
