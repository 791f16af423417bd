"""What tools/gpu-report measured, as docs/performance-gpu.md and as the table that ends its output."""
import re

# key: (network of tauscape, title, samples, shape of a sample, floor in seconds on an H200, target for the whole grid in
# seconds, times the best PyTorch, times eager PyTorch). The floor is FLOP / (FP16 tensor rate of one H200).
WORKLOADS = {
    "cnn": ("mnist-cnn", "MNIST CNN, 1.2 M parameters", 10000, (1, 28, 28), 0.79, 1.4, 3, 8),
    "resnet20": ("resnet20", "ResNet-20", 10000, (3, 32, 32), 2.7, 6, 2.5, None),
    "resnet56": ("resnet56", "ResNet-56", 10000, (3, 32, 32), 8.3, 18, 2.5, None),
    "mlp": ("mlp:784-512-512-10:relu", "MLP 784-512-512-10", 10000, (784,), 0.05, None, 2.5, 6),
    "cnn512": ("mnist-cnn", "MNIST CNN, few samples", 512, (1, 28, 28), None, None, 2.3, 8)}
GRID = 51
UNKNOWN = "not measured yet"


def number(value):
    """Three significant digits, without an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def parse_kernels(text):
    """[(kernel, launches, milliseconds)] of what the plugin says with TAUSCAPE_CUDA_PROFILE=1, the longest first."""
    rows = [(name, int(count), float(ms))
            for name, count, ms in re.findall(r"kernel (\S+): (\d+) launches, ([\d.]+) ms", text)]
    return sorted(rows, key=lambda row: -row[2])


def parse_tests(text):
    """{"passed", "failed", "skipped"} of CTest's or Criterion's output; None where it says nothing."""
    ctest = re.search(r"(\d+)% tests passed, (\d+) tests? failed out of (\d+)", text)
    if ctest:
        failed, all_of = int(ctest.group(2)), int(ctest.group(3))
        skipped = len(re.findall(r"\*\*\*Skipped", text))
        return {"passed": all_of - failed - skipped, "failed": failed, "skipped": skipped}
    criterion = re.search(r"Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)", text)
    if criterion:
        tested, passing, _, _ = map(int, criterion.groups())
        return {"passed": passing, "failed": tested - passing, "skipped": 0}
    return None


def parse_sanitizer(text):
    """One line on a run of compute-sanitizer."""
    summary = re.search(r"ERROR SUMMARY: (\d+) errors?", text) or re.search(r"RACECHECK SUMMARY: (\d+) hazards?", text)
    if not summary:
        refused = [line.strip("= ") for line in text.splitlines() if re.search(r"error|fail|denied|not ", line, re.I)]
        return "does not run on this machine" + (f": {refused[0][:120]}" if refused else "")
    return "no findings" if summary.group(1) == "0" else f"{summary.group(1)} findings"


def rivals(row):
    """(best, eager, graph): (milliseconds, variant) of the fastest variant of each kind, or None."""
    timed = sorted((ms, label) for label, ms in row.get("variants", {}).items())

    def first(word):
        return next(((ms, label) for ms, label in timed if word in label), None)
    return (timed[0] if timed else None), first("eager"), first("CUDA graph")


def ratio(rival, ours, target):
    """The factor with its verdict, or what stands where it is unknown."""
    goal = f" (aim {target:g})" if target else ""
    if not rival or not ours:
        return UNKNOWN + goal
    factor = rival[0] / ours
    return f"**{factor:.1f}**" + (goal if not target or factor >= target else f" (aim {target:g}: missed)")


def speed_table(results):
    lines = ["| network | samples | tauscape, whole 51×51 grid | ms a point | best PyTorch, ms a point | its variant "
             "| times the best | times eager | share of the matrix rate |", "|---|---|---|---|---|---|---|---|---|"]
    measured = {row["key"]: row for row in results.get("speed", [])}
    matrix = results.get("machine", {}).get("matrix")
    for key, (_, title, samples, _, _, seconds, best_aim, eager_aim) in WORKLOADS.items():
        row = measured.get(key, {})
        ours = row.get("ours_ms")
        best, eager, graph = rivals(row)
        goal = f" (aim ≤ {seconds:g} s)" if seconds else ""
        whole = f"{number(ours * GRID * GRID / 1e3)} s{goal}" if ours else UNKNOWN + goal
        share = UNKNOWN
        if ours and matrix and row.get("flop"):
            share = f"{100 * row['flop'] * samples / (ours * 1e-3) / matrix:.0f} %"
        lines.append(f"| {title} | {samples:,} | {whole} | {number(ours) if ours else '–'} "
                     f"| {number(best[0]) if best else '–'} | {best[1] if best else '–'} "
                     f"| {ratio(graph if key == 'cnn512' else best, ours, best_aim)} "
                     f"| {ratio(eager, ours, eager_aim)} | {share} |")
    return "\n".join(lines)


def variants_table(results):
    lines = []
    for row in results.get("speed", []):
        lines += [f"**{WORKLOADS[row['key']][1]}**, {row['samples']:,} samples:", "", "| variant of PyTorch | ms a point |",
                  "|---|---|"]
        lines += [f"| {label} | {number(ms)} |" for label, ms in sorted(row.get("variants", {}).items(), key=lambda v: v[1])]
        lines += [f"| {label} | – ({error}) |" for label, error in row.get("failed", {}).items()]
        if row.get("difference") is not None:
            lines += ["", f"At the centre our loss differs from PyTorch's in double precision by {row['difference']:.0e}, "
                      "relative."]
        lines.append("")
    return "\n".join(lines).strip() or UNKNOWN.capitalize() + "."


def precision_table(results):
    lines = ["| network | samples | `exact` | `fine` | `fast` |", "|---|---|---|---|---|"]
    rows = results.get("precision") or [{"network": name} for name in ("MNIST CNN", "LeNet-5", "MLP 784-512-512-10",
                                                                       "MLP 2-16-16-1, tanh", "ResNet-20")]
    for row in rows:
        cells = [f"{row[mode]:.1e}" if row.get(mode) is not None else UNKNOWN for mode in ("exact", "fine", "fast")]
        lines.append(f"| {row['network']} | {row.get('samples', '–')} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def kernels_table(results):
    lines = []
    for title, rows in results.get("kernels", {}).items():
        total = sum(ms for _, _, ms in rows)
        lines += [f"**{title}**:", "", "| kernel | launches | ms | share |", "|---|---|---|---|"]
        lines += [f"| `{name}` | {count} | {number(ms)} | {100 * ms / total:.0f} % |" for name, count, ms in rows[:12]]
        lines.append("")
    return "\n".join(lines).strip() or UNKNOWN.capitalize() + "."


def ceilings(results):
    machine = results.get("machine", {})
    if not machine.get("matrix"):
        return UNKNOWN.capitalize() + "."
    return (f"Measured through PyTorch in the same run: copies move {machine['copy'] / 1e12:.2f} TB/s (read and written); an "
            f"8192³ product of random FP16 matrices runs at {machine['matrix'] / 1e12:.0f} TFLOP/s. The last column of the "
            "table is the network's arithmetic over that rate.")


def tests_text(results):
    tests = results.get("tests")
    lines = ["| check | result |", "|---|---|"]
    if tests and "passed" in tests:
        lines.append(f"| tests labelled `gpu` | {tests['passed']} passed, {tests['failed']} failed, {tests['skipped']} skipped |")
    else:
        lines.append(f"| tests labelled `gpu` | {tests['why'] if tests else UNKNOWN} |")
    for tool in ("memcheck", "racecheck", "synccheck"):
        lines.append(f"| compute-sanitizer {tool} | {results.get('sanitizer', {}).get(tool, UNKNOWN)} |")
    return "\n".join(lines)


def head(results):
    machine = results.get("machine", {})
    if results.get("why"):
        return (f"**Nothing on this page was measured yet**: where the report last ran, on {results['date']}, there was no GPU "
                f"to use ({results['why']}). What the GPU code computes is checked without one, by "
                "the same kernels run on an emulation of CUDA's execution model; how fast it is, only a GPU can tell.")
    return (f"Measured on {results['date']}: {machine.get('device', 'unknown card')}, driver {machine.get('driver', 'unknown')}, "
            f"{machine.get('torch_version', 'no PyTorch')}, tauscape {results.get('version', 'unknown')}.")


PAGE = """# Performance on a GPU

{head}

```sh
tools/gpu-report          # on a machine with a GPU: writes this page in eight minutes at most
```

It runs from a build tree, or from a bundle that `tools/bundle DIR` made elsewhere: a server needs a driver and, for the
comparison, Python with PyTorch, but none of the packages that tauscape is built with.

## Speed against PyTorch

{speed}

How it is kept fair:

- Both sides evaluate the same network with the same weights on the same samples, resident on the card; a loss is taken in double
  precision at the centre and compared first.
- Every variant of PyTorch is tried over several batch sizes: eager in FP32 and in TF32, half precision with `channels_last`,
  `torch.compile`, and CUDA graphs of each; the fastest counts and is named. It moves from point to point by two fused operations
  over one vector of all weights, and nothing waits for the host between points.
- PyTorch is timed on at most 100 points, the median of three rounds; tauscape on the whole grid, 51×51 points, in `fast`, through
  its command line. "Times the best" of the last row is against CUDA graphs.
- `fast` computes in half precision with sums in FP32, so that the fair rival is PyTorch's half precision, not its FP32.

{variants}

## Ceilings

{ceilings}

## Times of the kernels

With `TAUSCAPE_CUDA_PROFILE=1` the plugin takes the time of every launch by events, without graphs; the sum is therefore longer
than the computation.

{kernels}

## Precision

Largest relative error of the loss against `ref`, in double precision, over a 5×5 plane of filter-normalised directions, [-1, 1]²,
around a trained network. A point that overflows FP16 is computed again in FP32, and the file says so.

{precision}

Aims: `exact` 1e-6, `fine` 1e-4, `fast` 1e-3.

## Checks on the card

{tests}
{notes}"""


def page(results):
    notes = results.get("notes", [])
    return PAGE.format(head=head(results), speed=speed_table(results), variants=variants_table(results),
                       ceilings=ceilings(results), kernels=kernels_table(results), precision=precision_table(results),
                       tests=tests_text(results),
                       notes="\n" + "\n".join(f"- {note}" for note in notes) + "\n" if notes else "")
