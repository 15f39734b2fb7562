# E-mails about the end of a task.
notice-run-failed = Company Sync: { $title } failed
notice-brake = Company Sync: { $title } waits for approval: many deletes
notice-drift = Company Sync: { $title } waits for approval: an unusual report
notice-changed-field = Company Sync: { $title } met a field that is no longer what it was
notice-invalid-share = Company Sync: { $title } has many rows that cannot be read
notice-cause = What happened: { $what }
notice-remedy = What to do: { $what }
notice-page = See: { $what }
