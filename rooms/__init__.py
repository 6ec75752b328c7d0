"""Video appointments: who may be where in a room, what is relayed in it, its pages."""
