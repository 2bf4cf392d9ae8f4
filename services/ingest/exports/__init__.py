"""Work as files and answers: one filter, four formats that agree, in flat memory however long it is."""
