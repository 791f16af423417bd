"""tauscape view under Xvfb, driven by xdotool and by scripts: files, mouse, keys, pictures, films, broken files, signals."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from display import Display
from drop import drop
from harness import PROGRAM, SANITIZED, read_png

PNG = b"\x89PNG\r\n\x1a\n"


def run(*words):
    return subprocess.run([PROGRAM, *map(str, words)], check=True, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout


def png_size(path):
    with open(path, "rb") as file:
        head = file.read(24)
    assert head[:8] == PNG, path
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


class ViewTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for program in ("Xvfb", "xdotool"):
            if not shutil.which(program):
                print(f"skipped: {program} is not installed")
                sys.exit(77)
        cls.folder = tempfile.mkdtemp(prefix="tau-view-")
        cls.run_file = os.path.join(cls.folder, "a.run.h5")
        cls.plane = os.path.join(cls.folder, "a.land.h5")
        run("train", "--model", "mlp:2-8-1:tanh", "--data", "moons", "--epochs", "4", "--lr", "0.1", "--seed", "1",
            "-o", cls.run_file)
        run("compute", cls.run_file, "--dirs", "pca", "-g", "21", "--samples", "100", "-o", cls.plane)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def setUp(self):
        self.display = Display() # one for each test: no window of another's is ever found
        self.addCleanup(self.display.close)
        self.work = tempfile.mkdtemp(dir=self.folder)
        self.state = os.path.join(self.work, "state")
        self.shots = 0
        self.environment = dict(os.environ, DISPLAY=self.display.name, XDG_STATE_HOME=self.state,
                                TAUSCAPE_PLUGIN_PATH=os.path.dirname(PROGRAM))
        self.environment.pop("WAYLAND_DISPLAY", None)
        if SANITIZED: # OpenGL's drivers leak, and are gone when leaks are told: only those of our own count
            self.environment["LSAN_OPTIONS"] = "exitcode=0"

    def start(self, *words):
        program = subprocess.Popen([PROGRAM, *words], cwd=self.work, env=self.environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, program)
        return program

    def end(self, program):
        if program.poll() is None:
            program.kill()
            program.communicate()

    def finish(self, program, code=0):
        out, err = program.communicate(timeout=240)
        self.assertEqual(program.returncode, code, err)
        self.assertNotRegex(err, r"ERROR: (Address|Thread)Sanitizer|runtime error:")
        self.assertNotRegex(err, r" in tau_|/src/(?!libsanitizer)", "a leak of our own")
        return out, err

    def script(self, text, *words, code=0):
        path = os.path.join(self.work, "script")
        with open(path, "w") as file:
            file.write(text)
        return self.finish(self.start("view", *words, "--script", path), code)

    def tool(self, *words):
        subprocess.run(["xdotool", *map(str, words)], env=self.environment, check=True, stdout=subprocess.DEVNULL,
                       timeout=60)

    def wait_for(self, what, seconds=120):
        end = time.time() + seconds
        while time.time() < end:
            if what():
                return
            time.sleep(0.1)
        self.fail("nothing happened in time")

    def quit(self, window):
        """The window may be gone before xdotool has let the keys go."""
        subprocess.run(["xdotool", "key", "--window", window, "ctrl+q"], env=self.environment, timeout=60,
                       stderr=subprocess.DEVNULL)

    def find_window(self, program):
        found = []

        def look():
            self.assertIsNone(program.poll(), "it has ended without a window")
            found[:] = subprocess.run(["xdotool", "search", "--onlyvisible", "--class", "tauscape"], env=self.environment,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split()
            return bool(found)

        self.wait_for(look)
        time.sleep(2)
        return found[0]

    def session(self):
        with open(os.path.join(self.state, "tauscape", "session.json")) as file:
            return json.load(file)

    def test_mouse_and_keys_reach_the_landscape(self):
        program = self.start("view", self.plane, "--size", "900x650")
        window = self.find_window(program)
        self.tool("windowfocus", window)
        self.tool("mousemove", "--window", window, 300, 200, "mousedown", 1)
        for x in range(300, 420, 20):
            self.tool("mousemove", "--window", window, x, 220)
        self.tool("mouseup", 1)
        self.tool("mousemove", "--window", window, 300, 200, "click", 4, "click", 4, "click", 5)
        for key in ("m", "l", "i", "i", "x", "space", "Right", "ctrl+Right", "Home", "p", "l", "F1", "Escape", "v",
                    "k", "ctrl+z", "alt+Left"):
            self.tool("key", "--window", window, key)
            time.sleep(0.15)
        self.tool("windowsize", window, 1000, 700)
        time.sleep(1)
        self.tool("key", "--window", window, "F12")
        shot = os.path.join(self.work, "tauscape-1.png")
        self.wait_for(lambda: os.path.exists(shot))
        self.assertEqual(png_size(shot), (1000, 700))
        self.quit(window)
        self.finish(program)
        self.assertEqual(sorted(os.listdir(self.work)), ["state", "tauscape-1.png"], "nothing else in the folder")
        session = self.session()
        self.assertTrue(session["recent"][0].endswith("a.land.h5"))
        self.assertEqual(session["width"], 1000)
        view = session["panes"][0]["view"]
        self.assertEqual(view["kind"], "map")
        self.assertNotEqual(view["colormap"], "viridis")

    def test_a_size_out_of_range_is_told_its_limits(self):
        for size, what in (("10x10", "too small"), ("100000x100000", "too large"), ("wide", "write WxH")):
            said = subprocess.run([PROGRAM, "view", self.plane, "--size", size], env=self.environment, text=True,
                                  capture_output=True)
            self.assertEqual(said.returncode, 2)
            self.assertIn(what, said.stderr)
            if "too" in what:
                self.assertIn("16 to 16384", said.stderr)

    def test_a_script_draws_at_every_size(self):
        sizes = ["800x600", "1280x720", "1500x900"]
        text = "".join(f"size {s}\nwait 0.3\nscreenshot {s}.png\nview.map\nscreenshot map-{s}.png\nview.map\n" for s in sizes)
        self.script(text + "view.dark\npicture plain.png 320x200\nwait 0.1\nfile.quit\n", self.plane, "--fresh")
        for size in sizes:
            expected = tuple(map(int, size.split("x")))
            self.assertEqual(png_size(os.path.join(self.work, size + ".png")), expected)
        self.assertEqual(png_size(os.path.join(self.work, "plain.png")), (320, 200))
        self.assertFalse(os.path.exists(self.state), "--fresh keeps no session")

    def read(self, name):
        with open(os.path.join(self.work, name), "rb") as file:
            return read_png(file.read())

    def test_a_picture_of_another_shape_shows_all_in_ink_for_paper(self):
        self.script("""size 900x600
            wait 0.5
            picture tall.png 400x900
            camera.left
            picture left.png 400x900
            camera.top
            picture top.png 800x600
            camera.nearer
            camera.nearer
            picture near.png 800x600
            file.quit
            """, self.plane, "--fresh")
        for name in ("tall.png", "left.png", "top.png"):
            _, _, channels, rows = self.read(name)
            self.assertEqual(channels, 4)
            self.assertFalse(any(row[3] or row[-1] for row in rows), f"{name}: something is cut off at the sides")
            opaque = [row[i:i + 3] for row in rows for i in range(0, len(row), 4) if row[i + 3] == 255]
            self.assertTrue(any(max(pixel) < 60 and max(pixel) - min(pixel) < 4 for pixel in opaque), "dark ink")
        self.assertNotEqual(self.read("near.png"), self.read("top.png"), "what was zoomed stays so")
        self.finish(self.start("view", self.plane, "--screenshot", "shot.png", "--size", "400x900"))
        _, _, _, rows = self.read("shot.png")
        self.assertTrue(all(row[:3] == b"\xff\xff\xff" for row in rows), "something is cut off at the left")

    def test_seek_takes_states_as_everywhere(self):
        states = json.loads(run("info", self.run_file, "--json"))["groups"][0]["states"]
        pairs = [("first", "0"), ("last", str(states - 1)), ("step:0", "0"), ("epoch:0", "first"), ("epoch:4", "last"),
                 ("step:100000", "last"), ("1.5", "1.5")]
        text = "wait 0.3\n"
        for i, pair in enumerate(pairs):
            for k in range(2):
                text += f"seek {pair[k]}\npicture {i}-{k}.png 160x120\n"
        self.script(text + "file.quit\n", self.plane, "--fresh")
        for i, pair in enumerate(pairs):
            self.assertEqual(self.read(f"{i}-0.png"), self.read(f"{i}-1.png"), pair)
        self.assertNotEqual(self.read("0-0.png"), self.read("1-0.png"))
        _, err = self.script("wait 0.1\nseek epoch:99999\nfile.quit\n", self.plane, "--fresh", code=1)
        self.assertIn("line 2", err)
        _, err = self.script("seek epoch:\n", self.plane, "--fresh", code=2)
        self.assertIn("epoch:E or step:S", err)

    def test_a_plane_waits_for_what_is_being_saved(self):
        saved = os.path.join(self.work, "saved.land.h5")
        self.script(f"wait done\nsave {saved}\nplane random:3\nwait done\nsave {saved}2\nwait done\nfile.quit\n", self.run_file,
                    "--samples", "100", "--size", "500x400", "--fresh")
        self.assertNotEqual(run("info", saved), run("info", saved + "2"))

    def test_every_dialog_and_pane_is_drawn(self):
        dialogs = ["file.open", "file.picture_as", "file.record", "help.keys", "help.palette", "help.about",
                   "edit.settings", "explore.descent_options"]
        text = "".join(f"{d}\nwait 0.1\nwindow.escape\n" for d in dialogs)
        text += "pane.add\npane.add\npane.add\nwait 0.1\npane.next\npane.remove\npin 0 0\nedit.pin_lowest\ntime.play\n"
        text += f"wait 0.5\nopen {self.run_file}\nwait 0.2\nview.quantity\nwait 0.1\nscreenshot all.png\nfile.quit\n"
        self.script(text, self.plane, self.run_file, "--no-explore")

    def test_a_broken_file_is_told_and_the_window_stays(self):
        broken = os.path.join(self.work, "broken.land.h5")
        with open(self.plane, "rb") as file:
            data = file.read()
        with open(broken, "wb") as file:
            file.write(data[:len(data) // 2])
        program = self.start("view", self.plane, broken, "--fresh", "--size", "800x600")
        window = self.find_window(program)
        self.tool("windowfocus", window)
        self.tool("key", "--window", window, "F12")
        self.wait_for(lambda: os.path.exists(os.path.join(self.work, "tauscape-1.png")))
        self.tool("key", "--window", window, "Escape")
        self.quit(window)
        self.finish(program)

    def test_files_are_dropped_also_broken_ones(self):
        broken, odd = (os.path.join(self.work, name) for name in ("broken.land.h5", "a b%20é.land.h5"))
        with open(self.plane, "rb") as file:
            data = file.read()
        with open(broken, "wb") as file:
            file.write(data[:len(data) // 2])
        shutil.copy(self.plane, odd)
        program = self.start("view", self.plane, "--size", "800x600")
        window = self.find_window(program)
        first = self.shoot(window)
        self.assertTrue(drop(self.display.name, window, [broken]))
        self.wait_for(lambda: self.shoot(window) != first) # the message
        self.tool("windowfocus", window)
        self.tool("key", "--window", window, "Escape")
        self.wait_for(lambda: self.shoot(window) == first)
        self.assertTrue(drop(self.display.name, window, [odd, self.run_file]))
        self.wait_for(lambda: len(self.shoot(window)) < 0.85 * len(first)) # curves are smaller files than surfaces
        self.assertIsNone(program.poll(), "it goes on")
        self.quit(window)
        self.finish(program)
        recent = self.session()["recent"]
        self.assertEqual([os.path.basename(path) for path in recent], ["a.run.h5", "a b%20é.land.h5", "a.land.h5"])

    def test_a_line_that_fails_ends_the_script(self):
        for line, why in (("picture /no/such.png", "no/such"), ("screenshot /no/such.png", "no/such"),
                          ("record /no/such.mp4", "no/such"), ("picture x.png 8x8", "8x8"),
                          ("picture x.png 32768x32768", "16384"), ("size 16385x10", "16384")):
            _, err = self.script(f"view.map\n{line}\nwait 0.1\nfile.quit\n", self.plane, "--fresh", "--size", "500x400",
                                 code=1 if "/no" in line else 2)
            self.assertIn("line 2", err)
            self.assertIn(why, err)
        for line, why in (("plane random:abc", "abc"), ("save /no/such.land.h5", "no/such")):
            program = f"wait done\n{line}\n"
            _, err = self.script(program, self.run_file, "--samples", "50", "--size", "500x400", "--fresh",
                                 code=2 if "abc" in line else 1)
            self.assertIn("line 2", err)
            self.assertIn(why, err)
        _, err = self.script("view.map\n" + 4096 * "x" + "\n", self.plane, code=2)
        self.assertIn("line 2", err)

    def test_a_script_waits_for_what_it_opens_and_ends_where_that_fails(self):
        broken = os.path.join(self.work, "broken.land.h5")
        with open(broken, "wb") as file:
            file.write(b"\x89HDF\r\n\x1a\n" + bytes(100))
        self.script(f"open {self.plane}\nview.map\nfile.reload\nscreenshot a.png\nframes\nfile.quit\n", "--size", "500x400")
        self.assertEqual(self.session()["panes"][0]["view"]["kind"], "map")
        self.assertTrue(self.session()["recent"][0].endswith("a.land.h5"))
        _, err = self.script(f"open {self.plane}\nopen {broken}\nscreenshot b.png\n", "--fresh", "--size", "500x400", code=1)
        self.assertIn("line 2", err)
        self.assertIn("broken.land.h5", err)
        self.assertFalse(os.path.exists(os.path.join(self.work, "b.png")))

    def test_a_broken_file_alone_is_an_error(self):
        broken = os.path.join(self.work, "broken.land.h5")
        with open(broken, "wb") as file:
            file.write(b"\x89HDF\r\n\x1a\n" + bytes(100))
        _, err = self.finish(self.start("view", broken), 1)
        self.assertIn("broken.land.h5", err)
        self.assertIn("why:", err)

    def test_a_run_is_explored_and_saved(self):
        saved = os.path.join(self.work, "saved.land.h5")
        text = f"""wait done
            explore.arrows
            explore.descent
            explore.minimum
            line -0.1 0 0.1 0
            camera.nearer
            wait done
            plane random:5
            wait done
            plane states:first,1,last
            wait done
            save {saved}
            wait done
            screenshot explored.png
            file.quit
            """
        self.script(text, self.run_file, "--samples", "100", "--size", "500x400", "--fresh")
        said = json.loads(run("info", saved, "--json"))
        self.assertEqual(said["done"], said["columns"] * said["rows"])
        self.assertGreater(said["done"], 1000)
        identity = said["recipe"]["identity"]
        self.assertEqual((identity["samples"], identity["slice"]["dirs"], identity["slice"]["states"]),
                         (100, "states", "first,1,last"))
        run("export", saved, "-o", saved + ".json")
        with open(saved + ".json") as file:
            table = json.load(file)
        for axis, coords in zip(("alpha", "beta"), zip(*(table["projections"][0]["coords"][i] for i in (0, 1, -1)))):
            lo, hi = min(coords), max(coords) # the states that were named, and a fifth more
            self.assertAlmostEqual(table[axis][0], lo - (hi - lo) / 5, delta=1e-6 * (hi - lo))
            self.assertAlmostEqual(table[axis][-1], hi + (hi - lo) / 5, delta=1e-6 * (hi - lo))

    def test_what_is_explored_can_be_closed_at_once(self):
        self.script("wait 0.1\nfile.quit\n", self.run_file, "--size", "500x400", "--fresh")

    def test_a_film_is_recorded(self):
        if not shutil.which("ffmpeg"):
            self.skipTest("ffmpeg is not installed")
        film = os.path.join(self.work, "film.mp4")
        self.script(f"record {film}\ntime.play\nwait 1.5\nfile.record\nwait 0.2\nfile.quit\n", self.plane, "--fresh",
                    "--size", "500x400")
        probe = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries",
                                "stream=width,height,nb_read_frames", "-of", "csv=p=0", film], stdout=subprocess.PIPE,
                               text=True, check=True).stdout.strip().split(",")
        self.assertEqual(probe[:2], ["500", "400"])
        self.assertGreater(int(probe[2]), 10)

    def test_the_session_comes_back_and_rubbish_does_not_stop_it(self):
        self.script("view.log\nview.map\nwait 0.2\nfile.quit\n", self.plane)
        self.script("wait 0.2\nscreenshot again.png\nfile.quit\n")
        view = self.session()["panes"][0]["view"]
        self.assertEqual((view["kind"], view["log"]), ("map", True))
        path = os.path.join(self.state, "tauscape", "session.json")
        with open(path) as file:
            session = json.load(file)
        with open(path, "w") as file:
            json.dump(dict(session, width=32768, height=32768), file)
        self.script("wait 0.2\nfile.quit\n")
        self.assertEqual((self.session()["width"], self.session()["height"]), (1600, 1000))
        with open(path, "w") as file:
            file.write("{ rubbish")
        self.script("wait 0.2\nfile.quit\n", self.plane)
        self.assertEqual(self.session()["tauscape_session"], 1)

    def test_a_file_that_grows_is_followed(self):
        grown = os.path.join(self.work, "grown.land.h5")
        shutil.copy(self.plane, grown)
        program = self.start("view", "-w", grown, "--fresh", "--size", "600x450")
        window = self.find_window(program)
        self.tool("windowfocus", window)
        first = self.shoot(window)
        self.assertEqual(self.shoot(window), first)
        run("compute", self.run_file, "--dirs", "pca", "-g", "9", "--samples", "100", "-o", grown + ".new")
        os.replace(grown + ".new", grown)
        self.wait_for(lambda: self.shoot(window) != first)
        self.quit(window)
        self.finish(program)

    def states_of(self, path):
        said = subprocess.run([PROGRAM, "info", path, "--json"], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return json.loads(said.stdout)["groups"][0]["states"] if said.returncode == 0 else 0

    def start_training(self, path):
        """An endless one, once it has recorded some states."""
        trainer = self.start("train", "--model", "mlp:2-8-1:tanh", "--data", "moons:n=200", "-j", "1", "--epochs", "1000000",
                             "--record", "every=1000", "-q", "-o", path)
        self.wait_for(lambda: self.states_of(path) > 2)
        return trainer

    def shoot(self, window):
        """What the window shows, without its toasts."""
        self.shots += 1
        self.tool("key", "--window", window, "F12")
        path = os.path.join(self.work, f"tauscape-{self.shots}.png")
        self.wait_for(lambda: os.path.exists(path))
        with open(path, "rb") as file:
            return file.read()

    def test_a_training_is_watched_in_a_window_until_its_writer_is_killed(self):
        path = os.path.join(self.work, "live.run.h5")
        trainer = self.start_training(path)
        watcher = self.start("watch", path, "--mode", "screen")
        window = self.find_window(watcher)
        self.tool("windowfocus", window)
        first, seen = self.shoot(window), self.states_of(path)
        self.wait_for(lambda: self.states_of(path) > seen + 5)
        self.wait_for(lambda: self.shoot(window) != first) # the curves grow
        trainer.kill()
        trainer.communicate()
        states = self.states_of(path)
        time.sleep(5)
        self.assertIsNone(watcher.poll(), "the window stays")
        self.quit(window)
        _, err = self.finish(watcher, 1)
        self.assertIn("the writer of 'run' in " + path + " stopped", err)
        self.assertIn("its process is gone", err)
        self.assertIn(f"its {states} states are kept", err)
        self.assertEqual(self.states_of(path), states)

    def test_a_window_that_is_closed_leaves_the_training_alone(self):
        path = os.path.join(self.work, "goes.run.h5")
        trainer = self.start_training(path)
        watcher = self.start("watch", path, "--mode", "screen")
        self.quit(self.find_window(watcher))
        _, err = self.finish(watcher)
        self.assertNotRegex(err, r"(?m)^(error|warning|note):")
        self.assertIsNone(trainer.poll())
        trainer.kill()
        trainer.communicate()

    def test_a_signal_closes_the_window_and_keeps_the_session(self):
        program = self.start("view", self.plane, "--size", "600x450")
        self.find_window(program)
        program.send_signal(signal.SIGTERM)
        self.finish(program, 75)
        self.assertTrue(self.session()["recent"])

    def test_without_a_display_there_is_an_error_and_pictures_still_work(self):
        self.environment.pop("DISPLAY")
        _, err = self.finish(self.start(self.plane), 1)
        self.assertIn("cannot open a window", err)
        self.assertIn("--screenshot", err)
        self.finish(self.start("view", self.plane, "--screenshot", "out.png", "--size", "400x300"))
        self.assertEqual(png_size(os.path.join(self.work, "out.png")), (400, 300))

    def test_wrong_words_are_refused_before_a_window_opens(self):
        for words in (["view", self.plane, "--size", "12"], ["view", self.plane, "--screenshot", "x.pdf"],
                      ["view", "--screenshot", "x.png"], ["view", self.plane, "--scale", "99"]):
            self.finish(self.start(*words), 2)
        _, err = self.script("no.such.action\n", self.plane, code=2)
        self.assertIn("line 1", err)
        for scale in ("abc", "-1", "0", "1e9", "nan", "inf", "1.5x", " "):
            self.environment["TAUSCAPE_SCALE"] = scale
            _, err = self.finish(self.start("view", self.plane, "--fresh"), 2)
            self.assertIn("TAUSCAPE_SCALE", err)
            self.assertIn("fix:", err)


if __name__ == "__main__":
    unittest.main()
