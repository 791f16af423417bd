#!/usr/bin/env python3
"""Frame times of the whole window while somebody turns and zooms what it shows: an X server without a screen, the program
as it is, a pointer that drags and a wheel that turns, all of it told by the script's `frames`.

usage: window_frames.py PROGRAM WORDS...      as in: window_frames.py build/dev/src/cli/tauscape view plane.land.h5
"""
import math
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from display import Display

WIDTH, HEIGHT, SECONDS, PAUSE = 1280, 720, 20, 0.012
SCRIPT = f"wait 4\nframes\nwait {SECONDS}\nframes\nfile.quit\n"


def gestures(window):
    """Circles with the left button, then the wheel there and back, again and again."""
    words = ["windowfocus", window]
    for turn in range(4):
        words += ["mousemove", "--window", window, "400", "300", "mousedown", "1"]
        for step in range(200):
            angle = 2 * math.pi * step / 50
            words += ["mousemove", "--window", window, str(int(300 + 100 * math.cos(angle) + step / 4)),
                      str(int(300 + 60 * math.sin(angle))), "sleep", str(PAUSE)]
        words += ["mouseup", "1"]
        for step in range(24):
            words += ["click", "4" if (step % 12) < 6 else "5", "sleep", "0.06"]
    return words


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, words = os.path.abspath(sys.argv[1]), sys.argv[2:]
    display = Display("1600x1000")
    environment = dict(os.environ, DISPLAY=display.name)
    environment.pop("WAYLAND_DISPLAY", None)
    try:
        with tempfile.NamedTemporaryFile("w", suffix=".script") as script:
            script.write(SCRIPT)
            script.flush()
            window = subprocess.Popen([program, *words, "--fresh", "--size", f"{WIDTH}x{HEIGHT}", "--script", script.name],
                                      env=environment, stderr=subprocess.PIPE, text=True)
            found = subprocess.run(["xdotool", "search", "--sync", "--onlyvisible", "--class", "tauscape"], env=environment,
                                   stdout=subprocess.PIPE, text=True, check=True).stdout.split()[0]
            subprocess.run(["xdotool", "sleep", "4", *gestures(found)], env=environment, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            lines = [line for line in window.communicate()[1].splitlines() if "frames:" in line or "error" in line]
    finally:
        display.close()
    print("at the start:   ", lines[0] if lines else "nothing")
    print("turned, zoomed: ", lines[1] if len(lines) > 1 else "nothing")


if __name__ == "__main__":
    main()
