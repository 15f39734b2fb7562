log-kind-drifted = Changed field
log-drifted = { $what }. { $verdict }

drift-kind-vanished = { $system } shows no { $kind } any more
drift-kind-vanished-remedy = Activate { $kind } in { $system } again and let the user of Company Sync see it, or take the unit out of the mapping.
drift-field-vanished = { $field } of { $kind } in { $system } is not there any more
drift-field-vanished-remedy = Bring the field back, name another one in the mapping, or take its rule out.
drift-relabelled = { $field } of { $kind } in { $system } is labelled “{ $to }” now
drift-relabelled-remedy = Write the field's API name or its new label in the mapping.
drift-type-changed = { $field } of { $kind } in { $system } was { $from } and is now { $to }
drift-type-changed-remedy = Look whether its values still mean the same, give the rule a transform where it needs one, and publish the mapping.
drift-choice-lost = { $field } of { $kind } in { $system } has lost from its list: { $lost }
drift-choice-lost-remedy = Add the entry to the list again, or name another one in the mapping.
drift-choice-lost-unused-remedy = Look whether records still hold the entry; if they do, add it to the list again.
drift-became-mandatory = { $field } of { $kind } in { $system } became mandatory, and no rule fills it
drift-became-mandatory-remedy = Add a rule that fills the field, or make it optional in { $system }.
drift-not-writable = { $field } of { $kind } in { $system } cannot be written any more
drift-not-writable-remedy = Give the user of Company Sync the right to write it, or let the rule go the other way only.
drift-shortened = { $field } of { $kind } in { $system } takes { $to } characters; it took { $from }
drift-shortened-remedy = Make the field longer again, or shorten the texts that no longer fit at their source.

drift-verdict-stop = Runs stop
drift-verdict-skip-field = Runs go on without it
drift-verdict-go-on = Runs go on
drift-did-stop = The run stopped
drift-did-skip-field = It went on without the field
drift-did-go-on = It went on

field-type-text = text
field-type-whole-number = a whole number
field-type-decimal-number = a decimal number
field-type-checkbox = a checkbox
field-type-date = a date
field-type-point-in-time = a point in time
field-type-choice = a list
field-type-reference = a reference
field-type-table = a table

mapping-tab-drift = Changed fields
drift-title = What has changed in the two systems
drift-about = Before each run the fields that the mapping uses are held against what they were when it last ran.
drift-looked-at = Last looked at { $at }.
drift-look = Look now
drift-looked = Both systems were asked.
drift-what = Change
drift-then = Runs
drift-where = Where
drift-none = Nothing that this mapping uses has changed.
drift-never-ran = This mapping has not run yet. What its fields are is noted with its first run.
drift-does-not-run = This mapping does not run yet: publish it first.
drift-accept = Accept these changes
drift-accept-help = Whoever accepts them says that things are meant to be so. A field that is not there stays a mistake until the mapping no longer names it.
drift-accept-confirm = Take all of these changes for how things are from now on?
drift-accepted = The changes are accepted.
runs-drifts = { $count ->
    [one] A field that the mapping uses had changed
   *[other] { $number } fields that the mapping uses had changed
}
runs-drifts-about = Before the run, the fields that the mapping uses were held against what they were before, and this was found.
runs-drifts-see = Accept or mend
mapping-publish-drift = What has changed in the two systems
mapping-publish-drift-about = Since the mapping last ran, these fields that the draft uses are no longer what they were.
mapping-publish-accept = { $count ->
    [one] Accept this change with the version
   *[other] Accept these { $number } changes with the version
}
mapping-publish-accept-help = What the systems say now becomes what later runs are held against. Otherwise runs go on to stop, to leave the field out or to report it, as the mapping says.
mapping-published-accepted = It is published, and the changes in the two systems are accepted.
mapping-published-not-accepted = It is published. The changes in the two systems could not be accepted, because a system did not answer: accept them under “Changed fields”.
workspace-drift = { $count ->
    [one] { $number } mapped field has changed in its system
   *[other] { $number } mapped fields have changed in their systems
}
