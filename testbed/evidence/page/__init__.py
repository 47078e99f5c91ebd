"""What the page of a run is made of: cells, sentences, pictures of a result."""
