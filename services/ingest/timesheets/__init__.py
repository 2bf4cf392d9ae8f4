"""Timesheets as the books have them: composed and sent by a connector, projected here."""
