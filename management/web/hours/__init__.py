"""Pages of opening hours: the week, closed days, public holidays, extra openings, appointments."""
