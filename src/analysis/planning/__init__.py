"""The building plan: measures, optimiser, over-building guard, explanations, money and people."""
