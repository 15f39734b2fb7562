# Mappings: what corresponds to what, made and changed by people.
nav-mappings = Mappings
mapping-about = A mapping says which VTiger fields correspond to which Frappe fields, and who has the last word. Changes are a draft until they are published.
mapping-all = All mappings
mapping-new = New mapping
mapping-new-help = Choose what is to be kept in agreement. The fields come next.
mapping-begin = Begin
mapping-begun = The mapping is begun. It runs nowhere until it is published.
mapping-name = Name
mapping-name-help = Small letters, digits, - and _. It can be left empty: then it is named after the module.
mapping-title = Title
mapping-title-help = What people call it; it can be left empty, too.
mapping-module = VTiger module
mapping-doctype = Frappe DocType
mapping-connects = Connects
mapping-runs = Runs
mapping-runs-now = runs
mapping-runs-nothing = not published yet
mapping-draft = Draft
mapping-draft-by = { $who }, { $at }
mapping-version = version { $number }
mapping-file = the configured file ({ $digest })
mapping-shipped = as it came with the program
mapping-to-sync = To its runs
mapping-copy-title = Begin with a copy
mapping-copy-help = A copy is a mapping of its own, with links of its own.
mapping-copy = Copy
mapping-tabs = Parts of the mapping
mapping-tab-fields = Fields
mapping-tab-history = History
mapping-tab-text = Text
mapping-documents = Documents
mapping-seek = Look for a field
mapping-seek-go = Look
mapping-pairs = { $count ->
    [one] One pair
   *[other] { $number } pairs
}
mapping-pairs-none = No pairs yet. Choose a field on either side and pair them.
mapping-pair = Pair the chosen fields
mapping-pair-help = One of VTiger, one of Frappe.
mapping-paired = The fields are paired in the draft.
mapping-unpair = Take out the pair of
mapping-unpaired = The pair is taken out of the draft.
mapping-choose-both = Choose one field of VTiger and one of Frappe.
mapping-mandatory = A record without it is refused
mapping-taken = paired
mapping-no-fields = There are no fields to choose from.
mapping-needed = Frappe refuses a document without these, and nothing fills them yet:
mapping-unreadable = The text cannot be read as a mapping:
mapping-way-both = both ways
mapping-way-to-frappe = to Frappe only
mapping-way-to-vtiger = to VTiger only
mapping-holds-text = text
mapping-holds-integer = whole number
mapping-holds-decimal = number
mapping-holds-boolean = yes or no
mapping-holds-date = date
mapping-holds-datetime = date and time
mapping-holds-rows = rows
mapping-holds-choice = { $count ->
    [one] one of 1 word
   *[other] one of { $number } words
}
mapping-holds-reference = reference to { $kinds }
mapping-told-bad = Wrong:
mapping-told-warn = May go wrong:
mapping-text = The mapping’s text
mapping-line = line { $line }
mapping-save = Save the draft
mapping-saved = The draft is saved.
mapping-wrong = What is wrong, or may go wrong
mapping-nothing-wrong = Nothing is wrong with it.
mapping-compare = Compare
mapping-where = Where
mapping-before = Before
mapping-after = After
mapping-no-difference = They mean the same.
mapping-incomparable = One of the two is no mapping, so they cannot be compared.
mapping-differences = { $count ->
    [one] One difference
   *[other] { $number } differences
}
mapping-publish = Publish
mapping-publish-changes = What changes for the runs
mapping-publish-first = It will run for the first time. Nothing is written before somebody runs it or gives it a schedule.
mapping-publish-not = It cannot be published before what is wrong with it is put right.
mapping-publish-all-the-same = It can be published all the same; what is named here keeps it, or some records, from running until it is put right.
mapping-publish-help = Runs that begin from now on go by it. Where it says something else than before, they go through every record once.
mapping-published = It is published. The next run goes by it.
mapping-note = What this version is about
mapping-no-draft = There is no draft to publish.
mapping-drop = Drop the draft
mapping-drop-confirm = Drop the draft? What was changed in it is lost.
mapping-dropped = The draft is dropped.
mapping-versions = Versions
mapping-versions-none = Nothing was published here yet.
mapping-version-number = Version
mapping-who = By
mapping-when = When
mapping-what-changed = What changed
mapping-roll-back = Go back to it
mapping-roll-back-confirm = Publish this text again, as a new version?
mapping-rolled-back = The old text is published again, as a new version.
mapping-back-to = Back to { $what }
mapping-silent = Its fields cannot be shown now:
mapping-is-fixed = The configuration takes this mapping from the file { $file }: it can be changed there, or copied here.
mapping-moved = Somebody else has changed the draft in the meantime. Look at it as it is now, then change what is left to change.
mapping-other-name = the text says that the mapping is called { $said }; here it is { $name }
mapping-has-problems = { $count ->
    [one] One thing is wrong with it.
   *[other] { $number } things are wrong with it.
}
mapping-slip-name = Use small letters, digits, - and _, and a letter first.
mapping-slip-taken = There is a mapping of this name.
mapping-slip-empty = This is needed.
mapping-slip-long = This is longer than 200 characters.
mapping-slip-note = Say in a few words what it is about.
mapping-edit-syntax = The text cannot be changed part by part, because it is not TOML: { $message }
mapping-edit-not-there = There is no { $what } in the mapping as it is now.
mapping-edit-there = There is already a { $what }.
mapping-edit-form = “{ $key }” is written in a way that only the text itself can change.
