"""What is due for embedding. Triggers fill it (see the migrations); it knows creator ids and nothing else of creators."""
