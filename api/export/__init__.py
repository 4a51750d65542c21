"""Tables that leave Aura as files, CSV or Parquet, written while they are read."""
