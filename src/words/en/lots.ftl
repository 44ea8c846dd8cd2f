# Lots.

lots-title = Lots
lots-about = Fabric, buttons, zips, thread: every quantity of a material received from one party, and what it was made of.
lots-add = Add a lot
lots-new = New lot
lots-edit = Change
lots-search-hint = Code, material, dye lot
lots-none = No lots yet. Add one, or load a file of lots.
lots-trace = Trace
lots-parents-none = Nothing recorded. If it was made of other lots, add them so that a trace goes on.
lots-children-none = No other lot was made of it.
lots-batches-none = It has gone into no batch yet.
lots-used = Use
lots-used-sum = Recorded as used
lots-used-left = Left
lots-used-beyond = Recorded as used beyond what was received
