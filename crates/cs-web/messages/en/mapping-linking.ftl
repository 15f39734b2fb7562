mapping-tab-linking = Linking
linking-title = What is already there on both sides
linking-about = Records of VTiger and documents of Frappe that are not linked yet and could be one and the same. Nothing is written to either system here.
linking-problems = Something is wrong with the mapping: mend that first, then look for pairs.
linking-document = Document
linking-show = Show
linking-find = Look for pairs
linking-tabs = Proposals
linking-show-open = Undecided
linking-show-accepted = Accepted
linking-show-rejected = Rejected
linking-none = There is nothing here. “Look for pairs” goes through both systems, in the background.
linking-all = Choose all
linking-score = Score
linking-why = Why
linking-accept = Accept
linking-reject = Reject
linking-undo = Take back
linking-least = Score from
linking-accept-above = Accept all from this score
linking-then = What is accepted is linked by the next run of the published mapping; what is rejected is never linked.
linking-begun = The search begins in a moment. What it finds appears here.
linking-stopped = The search stops in a moment.
linking-stopping = It stops in a moment…
linking-going = Looking for pairs
linking-seen = Records read
linking-compared = compared
linking-last = Last search: { $who }, { $at }.
linking-of-records = { $count ->
    [one] One record without a document
   *[other] { $number } records without a document
  },
linking-of-documents = { $count ->
    [one] one document without a record
   *[other] { $number } documents without a record
  }:
linking-of-pairs = { $count ->
    [0] no pair.
    [one] one pair.
   *[other] { $number } pairs.
  }
linking-none-chosen = Choose at least one pair.
linking-decided = Noted.
linking-why-key = match key { $number }
linking-why-email = same e-mail ({ $field })
linking-why-phone = same number ({ $field })
linking-why-date = same date ({ $field })
linking-why-text = same { $field }
linking-why-name = name { $percent }% alike
linking-why-different = different { $field }
