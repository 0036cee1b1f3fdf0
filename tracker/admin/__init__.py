"""How staff and the supervision office work: one module per module of tracker/models, and what they share."""
