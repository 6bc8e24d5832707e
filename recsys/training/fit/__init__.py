"""The parts of a model, one file each: item-item weights, popularity, embeddings, ranker."""
