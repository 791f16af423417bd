"""Tables of tools/bench: printed, and kept in docs/performance.md between markers."""
import os
import re
import statistics


def print_variants(title, ranked):
    print(f"\n{title}")
    for milliseconds, variant in ranked:
        print(f"  {milliseconds:10.4f} ms/point  {variant}")
    print(flush=True)


def number(value):
    """Three significant digits, without an exponent."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def machine():
    """The processor, for the head of a table."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = re.findall(r"^model name\s*:\s*(.*)$", file.read(), re.M)
    return f"{names[0] if names else 'unknown processor'}, {os.cpu_count()} cores"


def speed_table(rows):
    lines = [f"Measured on {machine()}, against {rows[0]['rival_version']}.", "",
             "| workload | points × samples | cores | PyTorch, ms/point | its best variant | tauscape, ms/point "
             "| ratio (lowest–highest round) |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        ours, ratio = "–", "–"
        if row["ours"] is not None:
            ratios = sorted(row["ratios"])
            ours = number(row["ours"])
            ratio = f"**{statistics.median(ratios):.1f}** ({ratios[0]:.1f}–{ratios[-1]:.1f})"
        lines.append(f"| {row['workload']} | {row['grid']}×{row['grid']} × {row['samples']:,} | {row['cores']} "
                     f"| {number(row['rival'])} | {row['variant']} | {ours} | {ratio} |")
    differences = [row["difference"] for row in rows if row["difference"] is not None]
    if differences:
        lines += ["", "Losses at the same parameters (centre and corners of each plane) agree with PyTorch's to "
                  f"{max(differences):.0e}, relative."]
    return "\n".join(lines)


def memory_table(rows):
    lines = [f"MLP 784-512-512-10 on 1,000 samples, {machine()}.", "", "| points | peak memory, MiB |", "|---|---|"]
    lines += [f"| {row['grid']}×{row['grid']} | {row['mebibytes']:.1f} |" for row in rows]
    lines += ["", f"Growth from {rows[0]['points']} to {rows[-1]['points']:,} points: "
              f"{rows[-1]['mebibytes'] - rows[0]['mebibytes']:.1f} MiB."]
    return "\n".join(lines)


def precision_table(rows, where=None):
    """Of the modes that the rows hold. `where`: what computed, if not this machine's processor."""
    modes = [mode for mode in ("exact", "fine", "fast") if mode in rows[0]]
    lines = ["Largest relative error of the loss over a 5×5 plane of filter-normalised directions, [-1, 1]², around the "
             f"trained network, {where or machine()}.", "",
             "| network | samples | " + " | ".join(f"`{mode}`" for mode in modes) + " |", "|---|---" + "|---" * len(modes) + "|"]
    lines += [f"| {row['network']} | {row['samples']} | " + " | ".join(f"{row[mode]:.1e}" for mode in modes) + " |"
              for row in rows]
    return "\n".join(lines)


def startup_table(times):
    return (f"`tauscape --version`, 21 runs on {machine()}: median {times['median']:.1f} ms, "
            f"slowest {times['slowest']:.1f} ms (aim: under 30 ms).")


def write_table(path, name, table):
    """Replaces what stands between the markers of `name`."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if begin not in text or end not in text:
        raise SystemExit(f"error: {path} has no markers {begin} … {end}")
    head, rest = text.split(begin, 1)
    tail = rest.split(end, 1)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{head}{begin}\n{table}\n{end}{tail}")
    print(f"written to {path}")
