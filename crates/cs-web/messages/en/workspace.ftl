workspace-attention = What needs attention
workspace-conflicts = { $count ->
    [one] conflict to decide
   *[other] conflicts to decide
}
workspace-troubles = { $count ->
    [one] failed unit
   *[other] failed units
}
workspace-findings = { $count ->
    [one] finding to review
   *[other] findings to review
}
workspace-runs = Last runs
workspace-no-runs = Nothing has run yet. Start a sync, or upload a company’s report.
workspace-health = Connections
workspace-new-report = New report
workspace-run-sync = Run a sync
workspace-to-findings = Findings
workspace-period = Days of the charts
workspace-synced-title = Company Sync Data
workspace-synced = What runs came to, day by day: in step, written, waiting
workspace-in-step = In step
workspace-written = Written
workspace-waiting = Waiting
workspace-waiting-run = Waiting for a run
workspace-waiting-person = Waiting for a person
workspace-stand = Where records stand now
workspace-shares = Shares
workspace-errors-title = Sync Error Logs
workspace-errors = Findings first seen and units failed, day by day
workspace-new-findings = New findings
workspace-failed-units = Failed units
workspace-by-review = Open findings by review
workspace-by-kind = Open findings by kind
workspace-by-company = Open findings by company
workspace-by-cause = Failed units by cause
workspace-top = { $count ->
    [one] At most { $number } a day
   *[other] At most { $number } a day
}
workspace-as-table = As a table
workspace-day = Day
workspace-nothing-then = Nothing happened in these days.
workspace-not-configured = Not configured
workspace-connection-do = Runs that need it fail until it answers again.
workspace-connection-test = Look at its settings and test it
