#!/usr/bin/env bash
# A lot without a single claim gets a lower limit of three claims per hundred: statsmodels' mid-p interval for a count of nought.
#
# Versions: statsmodels 0.15.0, scipy 1.17.1, numpy 2.4.6.
#
# The rule: the lower limit of a rate of which nothing was seen is nought; no smaller rate explains it better. The upper mid-p limit for no
# events solves exp(-m) / 2 = alpha / 2. So do the exact limits (Garwood 1936) and the score limits of the same function.
#
# What happens: confint_poisson(0, exposure, method="midp-c") gives the upper limit twice. Its search for the lower limit has nothing to find at a
# count of nought and ends at the other root: both are 2.9957 / exposure, the lower one even larger, in the last digits. Asked for one
# side, with alternative="smaller", it says "at least 2.30 / exposure". method="sqrt" squares a negative number and gives 0.96 / exposure
# twice, more than its lower limit for three claims. From one claim on "midp-c" is right. There is no warning.
#
# Why it matters here: many lots have no claim, mid-p is often recommended for small counts, and money follows the lower limit. By it a lot of 100
# garments without a claim stands above one of 100 with six. An engine must treat a count of nought by itself, and be tested there: the lower
# limit is 0, and lower limits rise with the count.
#
# Fails when any of these numbers is another.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"

{ python3 -m venv venv && venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --only-binary=:all: \
    numpy==2.4.6 scipy==1.17.1 pandas==2.3.3 statsmodels==0.15.0 patsy==1.0.1 packaging==25.0 python-dateutil==2.9.0.post0 pytz==2025.2 \
    six==1.17.0 tzdata==2025.2; } >install.log 2>&1 || { cat install.log; exit 1; }

cat >look.py <<'PY'
import sys
import warnings
from math import exp

from scipy.optimize import brentq

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from statsmodels.stats.rates import confint_poisson
from scipy.stats import poisson

# Any warning of the functions looked at is an error.
warnings.simplefilter("error")
UNITS = 100
failed = False


def mid_p(count, tail):
    """The two mid-p limits of a count, from their definition."""
    def above(mean):
        return poisson.sf(count, mean) + poisson.pmf(count, mean) / 2 - tail

    def below(mean):
        return poisson.cdf(count, mean) - poisson.pmf(count, mean) / 2 - tail

    low = 0.0 if count == 0 else brentq(above, 1e-12, 100, xtol=1e-12)
    return low / UNITS, brentq(below, 1e-12, 100, xtol=1e-12) / UNITS


def expect(what, found, was):
    global failed
    same = all(abs(a - b) < 1e-6 for a, b in zip(found, was, strict=True))
    failed |= not same
    print(f"  {what:<26} {found[0]:.6f} to {found[1]:.6f}" + ("" if same else f"   CHANGED: it was {was[0]} to {was[1]}"))


midp = {0: (0.029957, 0.029957), 1: (0.000500, 0.049319), 2: (0.003353, 0.066080), 3: (0.007631, 0.081645)}
root = {0: (0.009604, 0.009604), 1: (0.000004, 0.039203), 2: (0.001886, 0.057322), 3: (0.005656, 0.073551)}
exact = {0: (0, 0.036889), 1: (0.000253, 0.055716), 2: (0.002422, 0.072247), 3: (0.006187, 0.087673)}
for count in range(4):
    print(f"{count} claims on {UNITS} garments, 95 %, claims per garment")
    expect("written out, mid-p", mid_p(count, 0.025), (0.0, 0.029957) if count == 0 else midp[count])
    expect('method="midp-c"', confint_poisson(count, UNITS, method="midp-c"), midp[count])
    expect('method="sqrt"', confint_poisson(count, UNITS, method="sqrt"), root[count])
    expect('method="exact-c"', confint_poisson(count, UNITS, method="exact-c"), exact[count])

low, high = confint_poisson(0, UNITS, method="midp-c")
print(f"without a claim, mid-p: lower limit above the upper one by {low - high:.0e}")
failed |= low < high
below = sum(confint_poisson(count, UNITS, method="midp-c")[0] < low for count in range(1, 20))
print(f"without a claim, mid-p: lower limit above that of up to {below} claims")
failed |= below != 6
low = confint_poisson(0, UNITS, method="midp-c", alternative="smaller")[0]
print(f"without a claim, mid-p, one side: at least {low:.6f}")
failed |= abs(low - 0.023026) > 1e-6 or abs(exp(-low * UNITS) / 2 - 0.05) > 1e-5
sys.exit(1 if failed else 0)
PY
venv/bin/python look.py
