"""What counts say about the shares behind them. Pure functions, used by the API and by alerts."""
