//! The rules of the ECS image import, judged from facts alone.
