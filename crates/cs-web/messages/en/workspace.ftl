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
run-what = What
run-started = Started
run-read = Read
run-failed = Failed
