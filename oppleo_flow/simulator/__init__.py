"""A small physical world for simulated hardware: a car, a SmartEVSE, a meter, a pocket of cards."""
