"""Pages of the settings of lines and agendas, and of lists to choose from."""
