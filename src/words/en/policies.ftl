# Values of policy.
policy-values-title = Policy values
policy-values-about = Numbers that the company decides: periods, tries, limits. Every change keeps who made it, from when on and why.
policy-values-what = Meaning
policy-values-value = Value
policy-values-own = Built in
policy-values-since = Holds from
policy-values-who = Set by
policy-values-reason = Reason
policy-values-reason-hint = For example: the desk says five tries are too few.
policy-values-from = From which day
policy-values-from-hint = Left empty, it holds at once; with a day, from midnight at its beginning. What was decided by the old value stands.
policy-values-bounds = { $min } to { $max }; built in is { $own }.
policy-values-never = Nobody has changed it; the built-in value holds.
policy-values-holds = holds now
policy-values-set = { $code } is { $value } from { $from } on.
