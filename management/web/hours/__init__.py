"""Pages of opening hours: week, closed days, holidays, extra openings, appointments."""
