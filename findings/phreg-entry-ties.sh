#!/usr/bin/env bash
# Left truncation in whole days: statsmodels has two ideas of who is at risk, and its Cox regression differs from lifelines by half of the effect.
#
# Versions: statsmodels 0.15.0, lifelines 0.30.3 (numpy 2.4.6, scipy 1.17.1, pandas 2.3.3).
#
# The rule: with delayed entry a unit is watched on (entry, exit]. Who enters at an age is not yet at risk of what fails at that age: it could
# not have been seen to fail there. So does R with Surv(start, stop), so do lifelines and statsmodels' own table, SurvfuncRight.
#
# What happens: statsmodels' PHReg counts a unit whose entry equals the age of a failure among those at risk of it. Same data, same package, same
# word "entry": the table has 4 at risk at 30 days, the regression takes 6. The coefficients below stand beside the partial likelihood
# written out for either rule: lifelines is the open one, PHReg the closed one, to five decimals, however failures of one age are treated.
# Move the entries by half a day, so that nothing coincides, and all agree. The documentation says that a unit is not at risk before its entry,
# and means it to the letter: on the day it is.
#
# Why it matters here: garments are registered late, in warranty data that is the rule, and ages are whole days or months: entries that
# coincide with a failure are not an accident but most of the data. PHReg then divides by units that could not have failed, more of them in
# the lots whose buyers register late, and a supplier's lot looks better or worse for its buyers' habits. Nothing warns. Who checks an engine
# of delayed entry against a library has to know which of the two rules it follows.
#
# Fails when any of these numbers is another.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"

# By name and version, without what neither needs here (matplotlib).
{ python3 -m venv venv && venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps \
    numpy==2.4.6 scipy==1.17.1 pandas==2.3.3 statsmodels==0.15.0 patsy==1.0.1 packaging==25.0 python-dateutil==2.9.0.post0 pytz==2025.2 \
    six==1.17.0 tzdata==2025.2 lifelines==0.30.3 autograd==1.8.0 autograd-gamma==0.5.0 formulaic==1.2.1 interface-meta==1.3.0 \
    narwhals==2.5.0 wrapt==1.17.3 typing_extensions==4.15.0; } >install.log 2>&1 || { cat install.log; exit 1; }

cat >look.py <<'PY'
import sys
import warnings

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

warnings.simplefilter("ignore")
from lifelines import CoxPHFitter, KaplanMeierFitter
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight

# Garments: age in days at registration, age at the end, whether it ended with a claim, whether the lot is the suspected one.
entry = np.array([0, 0, 30, 30, 0, 40, 0])
age = np.array([30, 40, 50, 60, 30, 45, 50])
claim = np.array([1, 1, 1, 0, 0, 1, 1])
lot = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0])


def written_out(entry, closed, efron):
    def minus(b):
        total = 0.0
        for t in np.unique(age[claim == 1]):
            risk = ((entry <= t) if closed else (entry < t)) & (age >= t)
            dead = (age == t) & (claim == 1)
            every, own, n = np.exp(b * lot[risk]).sum(), np.exp(b * lot[dead]).sum(), dead.sum()
            total += b * lot[dead].sum() - sum(np.log(every - (k / n * own if efron else 0)) for k in range(n))
        return -total

    return minimize_scalar(minus, bounds=(-5, 5), method="bounded", options={"xatol": 1e-10}).x


def by_statsmodels(entry, ties):
    return PHReg(age.astype(float), lot[:, None], status=claim, entry=entry.astype(float), ties=ties).fit().params[0]


def by_lifelines(entry):
    table = pd.DataFrame({"age": age, "claim": claim, "entry": entry, "lot": lot})
    return CoxPHFitter().fit(table, "age", "claim", entry_col="entry").params_["lot"]


failed = False


def expect(what, found, was, within=1e-5):
    global failed
    same = abs(found - was) <= within
    failed |= not same
    print(f"  {what:<62} {found:9.5f}" + ("" if same else f"   CHANGED: it was {was}"))


print("at risk at 30 days, where two garments enter, one claim is made and one garment leaves")
survival = SurvfuncRight(age, claim, entry=entry)
expect("statsmodels, SurvfuncRight", float(survival.n_risk[list(survival.surv_times).index(30)]), 4)

print("survival after 30 days")
expect("statsmodels, SurvfuncRight", survival.surv_prob[list(survival.surv_times).index(30)], 0.75)
expect("lifelines, KaplanMeierFitter", KaplanMeierFitter().fit(age, claim, entry=entry).predict(30), 0.75)

print("logarithm of the hazard ratio of the lot, failures at one age by Efron")
expect("written out, entry < failure", written_out(entry, False, True), -1.22714)
expect("lifelines, CoxPHFitter", by_lifelines(entry), -1.22714)
expect("written out, entry <= failure", written_out(entry, True, True), -0.99737)
expect("statsmodels, PHReg", by_statsmodels(entry, "efron"), -0.99737)

print("the same by Breslow")
expect("written out, entry < failure", written_out(entry, False, False), -1.14159)
expect("written out, entry <= failure", written_out(entry, True, False), -0.91125)
expect("statsmodels, PHReg", by_statsmodels(entry, "breslow"), -0.91125)

print("entries half a day later, so that none coincides with a failure")
later = np.where(entry > 0, entry + 0.5, 0.0)
expect("lifelines, CoxPHFitter", by_lifelines(later), -1.22714)
expect("statsmodels, PHReg, Efron", by_statsmodels(later, "efron"), -1.22714)
sys.exit(1 if failed else 0)
PY
venv/bin/python look.py
