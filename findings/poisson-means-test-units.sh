#!/usr/bin/env bash
# The test of two claim rates in scipy depends on the unit in which garments are counted: 0.052 per garment, 0.042 per hundred.
#
# Versions: scipy 1.17.1 (1.18.1 with numpy 2.5.5 gives the same), statsmodels 0.15.0, numpy 2.4.6.
#
# The rule: the E-test of Krishnamoorthy and Thomson (2004), which both libraries name, adds the probabilities of all outcomes whose statistic is
# at least as large as the observed one. The observed outcome is one of them by definition. With equal exposures their unit cancels.
#
# What happens: scipy.stats.poisson_means_test compares the statistics in floating point without a tolerance, and not all are worked out in the
# same order. At some exposures 7 against 2 comes out as less than itself, and the probability of what was observed is left out, or
# that of another outcome with the same statistic. statsmodels' etest-wald has a tolerance and is right; so is the sum below, whose
# comparisons are made in fractions. One pair of small counts in eight is concerned at 100 garments each, always towards a smaller p.
#
# Why it matters here: 7 claims on a lot of 100 garments against 2 on another of 100 is the everyday question of a supplier's liability. Either
# library is what an engineer would check figures with, and here they stand on two sides of 5 %. Count the same lots in hundreds, and
# scipy agrees with statsmodels. A test that adds up a tail must compare whole numbers or fractions, or with a tolerance, and be tried in more
# than one unit.
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
from fractions import Fraction
from math import exp, factorial

warnings.simplefilter("ignore")
from scipy.stats import poisson_means_test
from statsmodels.stats.rates import test_poisson_2indep

failed = False


def squared(a, b, n):
    """The statistic's square, and its sign, for a and b claims on n garments each."""
    difference, variance = Fraction(a - b, n), Fraction(a + b, n * n)
    return (difference * difference / variance if a + b else Fraction(0)) * (1 if a > b else -1)


def written_out(a, b, n):
    mean = (a + b) / 2
    of = [exp(-mean) * mean**k / factorial(k) for k in range(80)]
    return sum(of[x] * of[y] for x in range(80) for y in range(80) if squared(x, y, n) >= squared(a, b, n))


def expect(what, found, was):
    global failed
    same = abs(found - was) < 1e-6
    failed |= not same
    print(f"  {what:<30} {found:.6f}" + ("" if same else f"   CHANGED: it was {was}"))


for (a, b), right, low in (((7, 2), 0.051542, 0.042278), ((7, 1), 0.016710, 0.012348)):
    for n in (1, 100, 200, 1000):
        print(f"{a} claims on {n} against {b} on {n}, one-sided")
        expect("written out in fractions", written_out(a, b, n), right)
        expect("statsmodels, etest-wald", test_poisson_2indep(a, n, b, n, method="etest-wald", alternative="larger").pvalue, right)
        expect("scipy, poisson_means_test", poisson_means_test(a, n, b, n, alternative="greater").pvalue, low if n in (100, 200) else right)
mean = 4.5
print("what scipy leaves out at 100, and the probability of 7 and 2 themselves")
expect("left out", written_out(7, 2, 100) - poisson_means_test(7, 100, 2, 100, alternative="greater").pvalue, 0.009264)
expect("7 and 2", exp(-2 * mean) * mean**9 / (factorial(7) * factorial(2)), 0.009264)

pairs = [(a, b) for a in range(1, 16) for b in range(a)]
off = [written_out(a, b, 100) - poisson_means_test(a, 100, b, 100, alternative="greater").pvalue for a, b in pairs]
smaller, larger = sum(d > 1e-6 for d in off), sum(d < -1e-6 for d in off)
print(f"of {len(pairs)} pairs up to 15 on 100 each: {smaller} too small, {larger} too large")
failed |= (smaller, larger) != (15, 0)
sys.exit(1 if failed else 0)
PY
venv/bin/python look.py
