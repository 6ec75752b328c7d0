"""Pages that set up an office: wizard, first steps, lines, services, desks."""
