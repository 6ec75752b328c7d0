"""Video appointments: rules of a room, messages between participants, pages."""
