"""Creator text, encoders, the model registry, stored vectors, usage and cost."""
