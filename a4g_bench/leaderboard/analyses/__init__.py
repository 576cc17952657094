"""What a study says beyond its board: one module per analysis, from Parquet alone."""
