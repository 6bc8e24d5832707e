"""HTTP: parse, call the pipeline, render. Decides nothing about ranking."""
